"""The stack: its resources in overview, and its outputs."""

import json

from aws_cdk import App, CfnOutput, DefaultStackSynthesizer, Stack

from infra import tags
from infra.dashboard import Dashboard
from infra.functions import Functions
from infra.images import Images
from infra.job_role import JobRole
from infra.monitoring import Monitoring
from infra.network import Network
from infra.schedule import WeeklySchedule
from infra.settings import Settings
from infra.storage import Storage
from infra.workflow import Workflow


class TopxStack(Stack):
    """All resources of topx in an account. It does not name an account or region, so one template fits all."""

    def __init__(self, app: App, settings: Settings) -> None:
        super().__init__(
            app,
            settings.stack_name,
            description="topx: each user's top-x items, every week, in DynamoDB",
            termination_protection=settings.termination_protection,
            synthesizer=DefaultStackSynthesizer(qualifier=settings.bootstrap_qualifier),
            tags=tags.of_stack(settings.stack_name, settings.tags),
        )
        network = Network(settings.subnet_ids, settings.security_group_ids) if settings.subnet_ids else None
        storage = Storage(self, "Storage", settings=settings)
        images = Images(self, "Images", settings.spark_base_image)
        job_role = JobRole(self, "Jobs", storage=storage, images=images, network=network).role
        functions = Functions(self, "Functions", storage=storage, images=images, settings=settings).by_name
        monitoring = Monitoring(self, "Monitoring", notify_email=settings.notify_email, key=storage.key)
        workflow = Workflow(
            self,
            "Workflow",
            storage=storage,
            images=images,
            functions=functions,
            job_role=job_role,
            network=network,
            own_tags=settings.tags,
            failures=monitoring.topic,
            keep_logs_days=settings.keep_logs_days,
        )
        forget = functions["forget_user"].function
        forget.add_environment("STATE_MACHINE", workflow.state_machine.state_machine_arn)
        forget.add_environment("AFTER_PUBLISHING", workflow.after_publishing.state_machine_arn)
        weekly = WeeklySchedule(self, "Weekly", state_machine=workflow.state_machine, settings=settings)
        monitoring.watch(workflow, notifier=functions["notify_failure"], weekly=weekly, settings=settings)
        monitoring.measure(functions["measure_age"])
        shown = Dashboard(
            self,
            "Dashboard",
            settings=settings,
            storage=storage,
            workflow=workflow,
            functions=list(functions.values()),
            alarms=monitoring.alarms.made,
        )

        for name, value in {
            "BucketName": storage.bucket.bucket_name,
            "TableName": storage.table.table_name,
            "StateMachineArn": workflow.state_machine.state_machine_arn,
            "AfterPublishingArn": workflow.after_publishing.state_machine_arn,
            "ForgetFunctionName": functions["forget_user"].function.function_name,
            "RollbackFunctionName": functions["rollback"].function.function_name,
            "ScheduleName": weekly.schedule.schedule_name,
            "ScheduleGroupName": weekly.group.schedule_group_name,
            "FailedStartsQueueUrl": weekly.failed_starts.queue_url,
            "DashboardName": shown.dashboard.dashboard_name,
            "FailuresTopicArn": monitoring.topic.topic_arn,
            "JobRoleArn": job_role.role_arn,
            "PrepareImageUri": images.prepare_uri,
            "ExtractImageUri": images.extract_uri,
            "FactorizationMachinesImageUri": images.factorization_machines_uri,
            "NearestNeighboursImageUri": images.nearest_neighbours_uri,
            # The next deployment compares its settings with these.
            "Settings": json.dumps(settings.as_json(), separators=(",", ":")),
        }.items():
            CfnOutput(self, name, value=value)
