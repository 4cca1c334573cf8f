"""The forgotten users in the table: hashes, and the salt of the hashes."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from boto3.dynamodb.conditions import Key

from contract import forgotten_users
from contract.documents import Plan
from contract.forgotten_users import ForgottenUsers
from contract.recommendation_table import FORGOTTEN_PARTITION, PARTITION_KEY, SALT_KEY, SORT_KEY, TableKey
from contract.refusal import Refused
from workflow import table_query

_SALT_BYTES = 32


@dataclass(frozen=True)
class SuppressionList:
    """The records in one table. A run is planned with the current list, and does not publish if it changes later."""

    table: Any  # boto3 DynamoDB Table

    def add(self, user: str, by: str, at: str) -> str:
        """Add a user, unless already listed; the first requester and time are kept. Returns the user's hash.

        Args:
            user: the id as in the lists.
            by: who requests it.
            at: when, ISO 8601.
        """
        hashed = forgotten_users.hashed(self._salt(), user)
        self._put_new({PARTITION_KEY: FORGOTTEN_PARTITION, SORT_KEY: hashed, "by": by, "at": at})
        return hashed

    def users(self) -> ForgottenUsers | None:
        """All forgotten users; None if there never was one."""
        hashes = self._hashes()
        return {"salt": self._salt(), "users": hashes} if hashes else None

    def refuse_changed(self, plan: Plan, refusal: type[Refused]) -> None:
        """Make sure that no user was forgotten since the run was planned, since it would have read that user's rows.

        Raises:
            refusal: if a user was.
        """
        if forgotten_users.note_of(self._hashes()) != plan["forgotten"]:
            raise refusal(
                f"run {plan['run_id']} was planned with {plan['forgotten']['users']} forgotten users, and since then "
                "the forgotten users have changed, so it may contain their rows; start another run"
            )

    def _salt(self) -> str:
        """The salt, created by the first call: if two calls create one at the same time, only one is kept."""
        found = self._get(SALT_KEY)
        if not found:
            self._put_new({**SALT_KEY, "salt": secrets.token_hex(_SALT_BYTES)})
            found = self._get(SALT_KEY)
        return str(found["salt"])

    def _hashes(self) -> list[str]:
        condition = Key(PARTITION_KEY).eq(FORGOTTEN_PARTITION)
        return [item[SORT_KEY] for item in table_query.items(self.table, KeyConditionExpression=condition)]

    def _get(self, key: TableKey) -> Any:
        return self.table.get_item(Key=key, ConsistentRead=True).get("Item", {})

    def _put_new(self, item: Mapping[str, object]) -> None:
        errors = self.table.meta.client.exceptions
        try:
            self.table.put_item(Item=item, ConditionExpression=f"attribute_not_exists({PARTITION_KEY})")
        except errors.ConditionalCheckFailedException:
            return
