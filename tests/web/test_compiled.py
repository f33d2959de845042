"""What tests keep of one app for the next is found again."""

from fastapi import Depends, routing

from shared.web.kept import look_first


def a_page() -> None: ...


def test_what_fastapi_reads_of_a_route_is_read_once_although_each_app_makes_its_own_dependencies() -> None:
    read = routing._build_dependant_with_parameterless_dependencies  # pyright: ignore[reportPrivateUsage]
    once = read(path="/kept", call=a_page, dependencies=[Depends(look_first)])
    assert read(path="/kept", call=a_page, dependencies=[Depends(look_first)]) is once
    assert read(path="/kept", call=a_page, dependencies=[]) is not once
