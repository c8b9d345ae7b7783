"""What the scheduler, the API and the command line order."""

from dataclasses import dataclass
from datetime import datetime

from growth.domain.campaigns.entities.configuration import Campaign, CampaignName, CampaignType, Configuration
from growth.domain.kernel.ticks import Tick


@dataclass(frozen=True, slots=True)
class Order:
    """Start or stop campaigns: all of a `type`, one `name`, or all that the order is for.

    `start_date` names the slot, else it is the one at hand. `running_only`: nothing happens outside a slot.
    `dry_run`: report what would happen and change nothing. `tick`: who orders is the scheduler, once.
    """

    type: CampaignType | None = None
    name: CampaignName | None = None
    start_date: datetime | None = None
    running_only: bool = False
    dry_run: bool = False
    tick: Tick | None = None

    def campaigns(self, configuration: Configuration) -> list[Campaign]:
        return [
            campaign
            for campaign in configuration.campaigns
            if self.type in {None, campaign.type} and self.name in {None, campaign.name}
        ]
