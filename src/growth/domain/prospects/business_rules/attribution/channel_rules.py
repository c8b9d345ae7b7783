"""The table that tells channels: the first rule whose conditions all hold decides.

It is Google's table of default channel groups for tagged traffic (support.google.com/analytics/answer/9756891), in its
order, with rules of ours between: who was sent by a user or a partner, click ids, AI assistants, what only the referrer
tells. Patterns are Google's own; they have to fit the whole text, and none of them backtracks more than once over it.
"""

import re
from typing import Final

from growth.domain.prospects.entities.attribution import Channel, ChannelRule

_NOTHING: Final = None
_ANY: Final = ".+"
_PAID: Final = r".*cp.*|ppc|retargeting|paid.*"
_SHOP: Final = r".*(([^a-df-z]|^)shop|shopping).*"
_DISPLAY: Final = r"display|banner|expandable|interstitial|cpm"
_SOCIAL: Final = r"social|social-network|social-media|sm|social network|social media"
_EMAIL: Final = r"email|e-mail|e_mail|e mail"
_PUSH: Final = r".*push|.*(mobile|notification).*"
_VIDEO: Final = r".*video.*"
_SEARCH_CLICK: Final = r"gclid|gbraid|wbraid|msclkid"
_SOCIAL_AD_CLICK: Final = r"ttclid|li_fat_id|twclid"
_SOCIAL_CLICK: Final = rf"fbclid|{_SOCIAL_AD_CLICK}"  # Facebook marks every click, not only those on ads


def _rule(channel: Channel, **conditions: str | None) -> ChannelRule:
    compiled = {name: None if text is None else re.compile(text, re.DOTALL) for name, text in conditions.items()}
    return ChannelRule(channel, compiled)


CHANNEL_RULES: Final = (
    # Somebody sent this person: nothing that a browser remembers weighs more.
    _rule(Channel.USER_REFERRAL, user=_ANY),
    _rule(Channel.PARTNER, partner=_ANY),
    _rule(Channel.DIRECT, source=r"\(direct\)|direct", medium=_NOTHING, click=_NOTHING),
    _rule(Channel.CROSS_NETWORK, campaign=r".*cross-network.*"),
    # Paid mediums.
    _rule(Channel.PAID_SHOPPING, kind="shopping", medium=_PAID),
    _rule(Channel.PAID_SHOPPING, campaign=_SHOP, medium=_PAID),
    _rule(Channel.PAID_SEARCH, kind="search", medium=_PAID),
    _rule(Channel.PAID_SOCIAL, kind="social", medium=_PAID),
    _rule(Channel.PAID_VIDEO, kind="video", medium=_PAID),
    _rule(Channel.PAID_SOCIAL, click=_SOCIAL_CLICK, medium=_PAID),
    _rule(Channel.DISPLAY, medium=_DISPLAY),
    # The click ids of ads beat whatever else is only a guess.
    _rule(Channel.PAID_VIDEO, click=_SEARCH_CLICK, medium=_VIDEO),
    _rule(Channel.PAID_VIDEO, click=_SEARCH_CLICK, kind="video"),
    _rule(Channel.PAID_SHOPPING, click=_SEARCH_CLICK, campaign=_SHOP),
    _rule(Channel.PAID_SEARCH, click=_SEARCH_CLICK),
    _rule(Channel.DISPLAY, click="dclid"),
    _rule(Channel.PAID_SOCIAL, click=_SOCIAL_AD_CLICK),
    _rule(Channel.PAID_OTHER, medium=_PAID),
    # What nobody paid for.
    _rule(Channel.AI_ASSISTANT, kind="ai_assistant"),
    _rule(Channel.AI_ASSISTANT, medium="ai-assistant"),
    _rule(Channel.ORGANIC_SHOPPING, kind="shopping"),
    _rule(Channel.ORGANIC_SHOPPING, campaign=_SHOP),
    _rule(Channel.ORGANIC_SOCIAL, kind="social"),
    _rule(Channel.ORGANIC_SOCIAL, medium=_SOCIAL),
    _rule(Channel.ORGANIC_SOCIAL, click="fbclid"),
    _rule(Channel.ORGANIC_VIDEO, kind="video"),
    _rule(Channel.ORGANIC_VIDEO, medium=_VIDEO),
    _rule(Channel.ORGANIC_SEARCH, kind="search"),
    _rule(Channel.ORGANIC_SEARCH, medium="organic"),
    _rule(Channel.REFERRAL, medium="referral|app|link"),
    _rule(Channel.EMAIL, source=_EMAIL),
    _rule(Channel.EMAIL, medium=_EMAIL),
    _rule(Channel.EMAIL, kind="email"),
    _rule(Channel.AFFILIATES, medium="affiliates?"),
    _rule(Channel.AUDIO, medium="audio"),
    _rule(Channel.SMS, source="sms"),
    _rule(Channel.SMS, medium="sms"),
    _rule(Channel.MOBILE_PUSH_NOTIFICATIONS, medium=_PUSH),
    _rule(Channel.MOBILE_PUSH_NOTIFICATIONS, source="firebase"),
    # No tags at all.
    _rule(Channel.REFERRAL, source=_NOTHING, medium=_NOTHING, referrer=_ANY),
    _rule(
        Channel.DIRECT,
        source=_NOTHING, medium=_NOTHING, campaign=_NOTHING, referrer=_NOTHING, click=_NOTHING,
    ),
    _rule(Channel.UNASSIGNED),
)  # fmt: skip
