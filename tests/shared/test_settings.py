import pytest

from shared.settings import ServiceSettings


def test_a_missing_or_wrong_setting_stops_the_start_with_a_sentence_that_names_it(folder, capsys):
    file = folder / "payments.env"
    file.write_text(
        "CHORUS_ORGANISATION=sun\nCHORUS_ORGANISATION_NAME=SUN\nCHORUS_PUBLIC_URL=nowhere\nCHORUS_DATABASE_URL=postgresql://u:secret@h/d\nCHORUS_NATS_URL=x\n"
    )
    with pytest.raises(SystemExit) as stopped:
        ServiceSettings.load(file)
    said = capsys.readouterr().err
    assert stopped.value.code == 2
    assert "CHORUS_SESSION_KEYS is missing" in said
    assert "CHORUS_PUBLIC_URL is wrong" in said
    assert "secret" not in said


def test_services_in_one_process_do_not_share_what_is_theirs(folder, monkeypatch):
    monkeypatch.setenv("CHORUS_DATABASE_URL", "postgresql://somebody:else@h/d")
    file = folder / "payments.env"
    lines = {
        "ORGANISATION": "sun",
        "ORGANISATION_NAME": "SUN",
        "PUBLIC_URL": "http://localhost:1",
        "NATS_URL": "nats://h",
        "SESSION_KEYS": "k",
    }
    file.write_text("".join(f"CHORUS_{name}={value}\n" for name, value in lines.items()))
    with pytest.raises(SystemExit):
        ServiceSettings.load(file)
