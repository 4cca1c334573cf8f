"""The customer's VPC, if jobs and models should run in it."""

from dataclasses import dataclass

from aws_cdk import Stack
from constructs import Construct

from infra.statements import Permission, allow, allow_on_anything
from infra.states_language import State


@dataclass(frozen=True)
class Network:
    """Subnets and security groups of one VPC."""

    subnet_ids: tuple[str, ...]
    security_group_ids: tuple[str, ...]

    @property
    def vpc_config(self) -> dict[str, list[str]]:
        """The value of VpcConfig in a request."""
        return {"SecurityGroupIds": list(self.security_group_ids), "Subnets": list(self.subnet_ids)}

    def place(self, state: State) -> None:
        """Add the VPC to the request in a state of the definition, if the request takes one.

        A transform job takes none: it runs where its model runs.
        """
        called = state.get("Resource", "").rsplit(":sagemaker:", 1)[-1]
        if called == "createProcessingJob.sync":
            state["Parameters"]["NetworkConfig"]["VpcConfig"] = self.vpc_config
        elif called in ("createTrainingJob.sync", "createModel"):
            state["Parameters"]["VpcConfig"] = self.vpc_config

    def statements(self, scope: Construct) -> list[Permission]:
        """The permissions of the jobs' role to create network interfaces in the VPC.

        Source: "SageMaker AI roles", execution role permissions for a private VPC, in the SageMaker developer guide.
        The subnets and groups may belong to another account that shares them.
        """

        def arns(kind: str, *names: str, account: str | None = None) -> list[str]:
            return [
                Stack.of(scope).format_arn(service="ec2", resource=kind, resource_name=name, account=account)
                for name in names
            ]

        interfaces = arns("network-interface", "*")
        return [
            allow(
                "JoinNetwork",
                "A job in the VPC has network interfaces in its subnets, with its security groups.",
                ["ec2:CreateNetworkInterface"],
                [
                    *interfaces,
                    *arns("subnet", *self.subnet_ids, account="*"),
                    *arns("security-group", *self.security_group_ids, account="*"),
                ],
            ),
            allow(
                "HandInterfacesToJobs",
                "SageMaker attaches the interfaces to the job's machines and removes them afterwards.",
                [
                    "ec2:CreateNetworkInterfacePermission",
                    "ec2:DeleteNetworkInterface",
                    "ec2:DeleteNetworkInterfacePermission",
                ],
                interfaces,
            ),
            # "Actions, resources, and condition keys for Amazon EC2": none of these supports resource-level
            # permissions.
            allow_on_anything(
                "SeeNetwork",
                "SageMaker describes the subnets and groups before it uses them.",
                [
                    "ec2:DescribeDhcpOptions",
                    "ec2:DescribeNetworkInterfaces",
                    "ec2:DescribeSecurityGroups",
                    "ec2:DescribeSubnets",
                    "ec2:DescribeVpcs",
                ],
            ),
        ]
