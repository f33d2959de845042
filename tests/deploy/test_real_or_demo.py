"""Production starts with nothing invented, and a demo says that it is one."""

from pathlib import Path

import asyncpg
import pytest

from deploy.cli.up import what_comes_next
from deploy.local.instance import Instance
from deploy.local.making_ready import refuse_moved_time
from deploy.local.processes import ServerError
from tests.deploy.test_instance import change, settings_in

OWN = {"MAIL_FROM": "voices@quay.example", "PUBLIC_URL": "https://voices.quay.example"}
SERVER = {"SMTP_HOST": "mail.quay.example", "SMTP_PORT": "587", "SMTP_SECURITY": "starttls"}
ACCOUNT = {"PAYER_SORT_CODE": "200415", "PAYER_ACCOUNT_NUMBER": "38290008"}
WIDE = {
    "ANONYMOUS_POSTS",
    "SIGN_IN_LIMIT_PER_CLIENT",
    "SIGN_IN_LIMIT_PER_ADDRESS",
    "SIGN_IN_LIMIT_PER_ADDRESS_ANYWHERE",
}


def written(folder: Path, mode: str | None) -> Instance:
    instance = Instance.open("quay", folder / "quay", mode=mode)
    instance.settle_ports()
    instance.write_settings()
    return instance


def refused(folder: Path, mode: str | None = None) -> str:
    with pytest.raises(ServerError) as why:
        written(folder, mode)
    return str(why.value)


def opened(folder: Path) -> Instance:
    return Instance.open("quay", folder / "quay")


def test_pay_12_a_new_organisation_in_production_is_given_no_account_and_refuses_to_start_until_it_has_its_own(
    tmp_path: Path,
):
    said = refused(tmp_path, "production")
    for setting in (*ACCOUNT, "MAIL_FROM", "SMTP_HOST", "PUBLIC_URL"):
        assert f"CHORUS_{setting} in " in said, said
    assert "PAYER_ACCOUNT_NUMBER in payments.env:" in said
    assert "DUTY_NUMBER" not in said and "AREAS" not in said
    new = opened(tmp_path)
    assert settings_in(new, "payments")["PAYER_ACCOUNT_NUMBER"] == ""
    change(new, "people", **OWN, **SERVER)
    said = refused(tmp_path)
    assert "PAYER_SORT_CODE" in said and "MAIL_FROM" not in said and "PUBLIC_URL" not in said
    change(new, "payments", **ACCOUNT)
    ready = written(tmp_path, None)
    assert settings_in(ready, "payments").items() >= ACCOUNT.items()
    assert settings_in(ready, "notifications").items() >= {**SERVER, "MAIL_FROM": OWN["MAIL_FROM"]}.items()


def test_pay_12_a_demo_made_production_names_each_invented_value_and_takes_its_wide_limits_back(tmp_path: Path):
    demo = written(tmp_path, "demo")
    assert settings_in(demo, "people")["DUTY_NUMBER"] == "07700 900199"
    said = refused(tmp_path, "production")
    for setting in (*ACCOUNT, "MAIL_FROM", "SMTP_HOST", "PUBLIC_URL", "DUTY_NUMBER", "AREAS"):
        assert f"CHORUS_{setting} in " in said, said
    assert not WIDE & settings_in(demo, "people").keys()
    assert "opportunities.env" in said.partition("CHORUS_DUTY_NUMBER")[2].partition("\n")[0]
    change(demo, "people", **OWN, **SERVER, DUTY_NUMBER="01632 960001", COUNCIL_NUMBER="01632 960111", AREAS="Holmwick")
    change(demo, "opportunities", AREAS="")
    change(demo, "payments", **ACCOUNT, SIGN_IN_LIMIT_PER_CLIENT="7/hour")
    real = written(tmp_path, None)
    assert settings_in(real, "opportunities")["DUTY_NUMBER"] == "01632 960001", "one file says it for all"
    assert settings_in(real, "feedback")["COUNCIL_NUMBER"] == "01632 960111"
    assert settings_in(real, "payments")["SIGN_IN_LIMIT_PER_CLIENT"] == "7/hour", "a limit of one's own stays"


def test_pay_12_a_sort_code_or_mail_server_like_the_demos_is_not_taken_for_it(tmp_path: Path):
    refused(tmp_path, "production")
    new = opened(tmp_path)
    change(new, "people", **OWN, SMTP_HOST="127.0.0.1", SMTP_PORT="25", SMTP_SECURITY="none")
    change(new, "payments", PAYER_SORT_CODE="309070", PAYER_ACCOUNT_NUMBER="38290008")
    written(tmp_path, None)


async def test_pay_12_production_does_not_start_on_a_business_time_that_was_moved(tmp_path: Path, postgres):
    url = postgres.database("opportunities")
    instance = Instance.open("quay", tmp_path / "quay", mode="production")
    instance.database_url = lambda *_: url  # pyrefly: ignore
    await refuse_moved_time(instance)
    connection = await asyncpg.connect(url)
    await connection.execute("UPDATE business_clock SET offset_seconds = 3365144")
    await connection.close()
    with pytest.raises(ServerError, match=r"moved ahead by 39 days.*--mode production.*--mode demo"):
        await refuse_moved_time(instance)


@pytest.mark.parametrize(("mode", "says"), [("demo", True), ("test", True), ("production", False)])
def test_a_start_says_whether_it_is_a_demo_and_what_comes_next(tmp_path: Path, mode: str, says: bool):
    said = " ".join(what_comes_next(Instance.open("quay", tmp_path / "quay", mode=mode)))
    assert (f"This is a {mode}" in said and "chorus up --name NAME --mode production" in said) == says
    assert f'chorus administrator add EMAIL --full-name "NAME" --directory {tmp_path / "quay"}' in said
