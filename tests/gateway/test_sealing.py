"""Keys and sealed messages: only the addressee opens one, and only as what it was sent."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from services.gateway import sealing
from services.gateway.domain import Enclosed
from services.gateway.keys import new_network_keys, parse_keys, read_keys, turned
from services.gateway.sealing import Unreadable, is_signed, seal, unseal

SENDER, ADDRESSEE, STRANGER = (parse_keys(new_network_keys()) for _ in range(3))
AS = Enclosed("viewpoint", "sun", "0190-1")
MESSAGE = b'{"content": "hearing loop, please; Jane"}'


def sealed(message: bytes = MESSAGE, enclosed: Enclosed = AS) -> bytes:
    return seal(message, enclosed, signing_key=SENDER.current.signing, sealing_key=ADDRESSEE.current.public.sealing)


def test_net_02_the_addressee_reads_the_sealed_message_and_who_signed_it():
    message, signature = unseal(sealed(), AS, ADDRESSEE)
    assert message == MESSAGE
    assert is_signed(message, signature, SENDER.current.public.signing)
    assert not is_signed(message, signature, STRANGER.current.public.signing)
    assert not is_signed(message + b" ", signature, SENDER.current.public.signing)


def test_net_02_nothing_of_the_sealed_message_or_its_signature_can_be_seen():
    bytes_on_the_way = sealed()
    _, signature = unseal(bytes_on_the_way, AS, ADDRESSEE)
    for secret in (b"hearing", b"Jane", MESSAGE[:12], signature[:8], b"viewpoint", b"sun"):
        assert secret not in bytes_on_the_way
    assert sealed() != bytes_on_the_way  # not even that the same was said twice


def test_net_02_sealed_messages_of_different_lengths_look_the_same():
    assert len(sealed(b"x")) == len(sealed(b"x" * 900))
    assert len(sealed(b"x" * 900)) % 1024 == len(sealed(b"x" * 5000)) % 1024
    assert len(sealed(b"x" * 5000)) > len(sealed(b"x"))


def test_net_02_nobody_else_can_open_it():
    with pytest.raises(Unreadable, match="a key that is not ours"):
        unseal(sealed(), AS, STRANGER)
    renamed = sealing._FORM + sealing.key_id_of(STRANGER.current.public.sealing) + sealed()[9:]
    with pytest.raises(Unreadable, match="the seal is broken"):
        unseal(renamed, AS, STRANGER)


@pytest.mark.parametrize(
    "other",
    [
        Enclosed("suffolk", "sun", "0190-1"),
        Enclosed("viewpoint", "suffolk", "0190-1"),
        Enclosed("viewpoint", "sun", "0190-2"),
    ],
)
def test_net_04_a_sealed_message_opens_only_as_what_it_was_sent(other: Enclosed):
    with pytest.raises(Unreadable, match="the seal is broken"):
        unseal(sealed(), other, ADDRESSEE)


@pytest.mark.parametrize("cut", [0, 1, 5, 9, 20, 41, 100])
def test_net_04_a_sealed_message_that_was_cut_or_changed_is_unreadable(cut: int):
    whole = sealed()
    with pytest.raises(Unreadable):
        unseal(whole[:cut], AS, ADDRESSEE)
    with pytest.raises(Unreadable):
        unseal(whole[:cut] + bytes([whole[cut] ^ 1]) + whole[cut + 1 :], AS, ADDRESSEE)


def test_net_04_a_length_that_lies_does_not_read_beyond_the_sealed_message():
    content = b"s" * 64 + (2**31).to_bytes(4) + b"short"
    public = ADDRESSEE.current.public.sealing
    lying = sealing._SUITE.encrypt(
        content,
        X25519PrivateKey.from_private_bytes(ADDRESSEE.current.sealing.private_bytes_raw()).public_key(),
        info=sealing._binding(AS),
    )
    with pytest.raises(Unreadable, match="cut off"):
        unseal(sealing._FORM + sealing.key_id_of(public) + lying, AS, ADDRESSEE)


def test_net_04_after_a_turn_of_keys_older_sealed_messages_can_still_be_read():
    text = new_network_keys()
    before, after = parse_keys(text), parse_keys(turned(text))
    assert after.before is not None
    assert after.before.public == before.current.public != after.current.public
    message = seal(MESSAGE, AS, signing_key=SENDER.current.signing, sealing_key=before.current.public.sealing)
    assert unseal(message, AS, after)[0] == MESSAGE


def test_net_04_the_file_keeps_twelve_pairs():
    text = new_network_keys()
    for _ in range(13):
        text = turned(text)
    assert len(parse_keys(text).pairs) == 12


def test_net_04_a_fingerprint_is_six_groups_of_five_digits_of_both_keys():
    mine = SENDER.current.public
    groups = mine.fingerprint.split(" ")
    assert [len(group) for group in groups] == [5] * 6 and "".join(groups).isdigit()
    assert mine.fingerprint != ADDRESSEE.current.public.fingerprint
    assert type(mine)(mine.sealing, ADDRESSEE.current.public.signing).fingerprint != mine.fingerprint


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"pairs": []}',
        '{"pairs": [{}]}',
        '{"pairs": [{"sealing": "eA==", "signing": "eA==", "made": "2026-11-22"}]}',
    ],
)
def test_net_04_a_file_that_holds_no_keys_is_refused_without_showing_it(text: str, tmp_path):
    path = tmp_path / "network-keys.json"
    path.write_text(text)
    with pytest.raises(ValueError, match="The file of network keys") as refused:
        read_keys(path)
    assert "eA==" not in str(refused.value)
    with pytest.raises(ValueError, match="cannot be read"):
        read_keys(tmp_path / "missing.json")


def test_net_04_keys_show_nothing_of_their_private_halves():
    text = new_network_keys()
    private = json.loads(text)["pairs"][0]["signing"]
    assert private not in repr(parse_keys(text))
