"""Whether anyone is notified of failures and alarms: the subscriptions of the stack's topic."""

from typing import Any

from botocore.exceptions import ClientError


def description(sns: Any, topic: str) -> str:
    """A sentence about it.

    Args:
        sns: boto3 SNS client.
        topic: its ARN.
    """
    try:
        attributes = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    except ClientError as error:
        return f"The subscribers to failures cannot be listed ({error.response['Error']['Code']}): {topic}"
    confirmed, pending = (int(attributes[f"Subscriptions{state}"]) for state in ("Confirmed", "Pending"))
    waiting = f"{_subscribers(pending)} not confirmed the message that AWS has sent" if pending else ""
    if confirmed:
        return f"Subscribed to failures and alarms: {confirmed:,}{f'; {waiting}' if waiting else ''}."
    return (
        f"NOBODY IS NOTIFIED of failures and alarms: {waiting or 'the topic has no subscriber'}. Deploy with "
        f"notify_email=ADDRESS and confirm the message, or subscribe something else to {topic}"
    )


def _subscribers(count: int) -> str:
    return "one subscriber has" if count == 1 else f"{count:,} subscribers have"
