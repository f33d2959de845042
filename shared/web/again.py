"""The page that a POST came from, shown again with what is wrong."""

from collections.abc import Awaitable, Callable
from functools import wraps
from inspect import Parameter, isawaitable, signature
from typing import Annotated, Any, ParamSpec, TypeAlias

from fastapi import Depends, Response

from shared.reasons import Refused
from shared.web.kept import look_at, shows_again
from shared.web.problems import InvalidForm

P = ParamSpec("P")


async def _nothing_yet() -> None:
    return None


Refusal: TypeAlias = Annotated[InvalidForm | Refused | None, Depends(_nothing_yet)]
"""The problem that a page shows: none when it is first opened. So one function is both the GET route and what
`again` shows."""


def again(shown: Callable[..., Any]) -> Callable[[Callable[P, Awaitable[Response]]], Callable[P, Awaitable[Response]]]:
    """If a form is wrong or a rule says no, the route answers with this page instead, with what was typed and every
    reason beside its field.

    shown takes `problem`, and any of the route's parameters that it names, as they came in. A route that learns more
    on the way, and whose page needs that, has to catch the error itself. Apply it under the route's own decorator.
    TypeError if the route lacks what the page needs.
    """
    takes = {name: parameter for name, parameter in signature(shown).parameters.items() if name != "problem"}

    def decorate(route: Callable[P, Awaitable[Response]]) -> Callable[P, Awaitable[Response]]:
        has = signature(route).parameters
        if lacking := [name for name, each in takes.items() if name not in has and each.default is Parameter.empty]:
            raise TypeError(f"{route.__name__} has no {', '.join(lacking)} for {shown.__name__}")

        @wraps(route)
        async def answer(*args: P.args, **given: P.kwargs) -> Response:
            try:
                look_at(route)
                return await route(*args, **given)
            except (InvalidForm, Refused) as problem:
                page = shown(**{name: given[name] for name in takes if name in given}, problem=problem)
                return await page if isawaitable(page) else page

        return shows_again(answer)

    return decorate
