"""The demo's story of one organisation, told by the demo's own code through the pages, mails and files of the one that
these tests share: a word that it reads, a field that it fills in, or a link between two spans cannot change unseen."""

from deploy.demo.story import STEPS
from tests.hostile.organisation import Organisation


def test_the_demo_tells_its_story_from_an_empty_page_to_a_claim_whose_way_is_one_graph(
    organisation: Organisation,
) -> None:
    problems = [(each.step.title, each.problem) for each in organisation.told if each.problem]
    assert problems == []
    assert [each.step for each in organisation.told] == list(STEPS)
    assert "in one graph of parents and links" in " ".join(organisation.told[-1].observed)
