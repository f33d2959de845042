"""This service's own settings, besides those of every service."""

from typing import Literal

from pydantic import Field

from services.opportunities.listings.domain import NetworkPolicy
from services.opportunities.words.domain import Host, Policy
from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    areas: str = Field(default="", description="the areas that people may rule out, with commas between them")
    notice_days: int = Field(default=14, ge=0, le=365, description="fewer days before it starts need a reason (OPP-03)")
    answer_days: int = Field(default=3, ge=1, le=60, description="days to answer when a place came free (OPP-05)")
    needs_warning_days: int = Field(
        default=7, ge=1, le=60, description="days before a session from which unanswered needs warn (OPP-07)"
    )
    participation_rate_pence: int = Field(
        default=1000, ge=0, le=100_000, description="what an hour is paid, as the network reads it: payments' rate"
    )
    network_agree: Literal["ask", "always"] = Field(
        default="ask", description="whether a coordinator agrees to what a host does not fund (NET-03)"
    )
    network_expenses_pence: int = Field(
        default=2000,
        ge=0,
        le=100_000,
        description="a host that pays back less of one guest's expenses for one session does not fund all",
    )
    network_most_rate_pence: int = Field(
        default=2000,
        ge=0,
        le=100_000,
        description="an hour's rate above which a coordinator is asked, whoever funds it",
    )
    network_most_listings: int = Field(
        default=500, ge=1, le=1_000_000, description="open listings that one organisation may have here"
    )
    network_listings_a_day: int = Field(
        default=10,
        ge=1,
        le=1000,
        description="listings of one organisation that people are told of in a day, unseen by staff",
    )
    feeds_licence: str = Field(
        default="https://creativecommons.org/licenses/by/4.0/",
        pattern=r"^https?://[^\s<>\"']+$",
        description="the licence under which others may show what the feeds hold: its address",
    )
    questions_kept_days: int = Field(
        default=180, ge=1, description="days after which an answered question is forgotten (PRI-04)"
    )
    question_reach_days: int = Field(
        default=30,
        ge=5,
        description="days after which the number or address of who asked is deleted, answered or not; the page says "
        "so (PRI-04)",
    )
    feeds_page_items: int = Field(default=500, ge=1, le=1000, description="changes on one page of the RPDE feed")

    @property
    def policy(self) -> Policy:
        return Policy(self.notice_days, self.answer_days, self.needs_warning_days)

    @property
    def network_policy(self) -> NetworkPolicy:
        return NetworkPolicy(
            self.network_agree,
            self.network_expenses_pence,
            self.network_most_rate_pence,
            self.network_most_listings,
            self.network_listings_a_day,
        )

    @property
    def host(self) -> Host:
        return Host(self.organisation_name, self.public_url, self.participation_rate_pence, self.duty_number)
