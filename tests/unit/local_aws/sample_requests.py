"""Valid requests, as passed by Step Functions, for tests to send or to spoil."""

from copy import deepcopy
from typing import Any

ROLE = "arn:aws:iam::000000000000:role/topx-jobs"
TOY_IMAGE = "000000000000.dkr.ecr.us-east-1.amazonaws.com/toy:abc"
FM_IMAGE = "382416733822.dkr.ecr.us-east-1.amazonaws.com/factorization-machines:1"
KNN_IMAGE = "382416733822.dkr.ecr.us-east-1.amazonaws.com/knn:1"
FM_HYPERPARAMETERS = {"feature_dim": "12", "num_factors": "4", "predictor_type": "binary_classifier"}
KNN_HYPERPARAMETERS = {"feature_dim": "5", "k": "3", "sample_size": "10", "predictor_type": "regressor"}


def channel(uri: str, name: str = "train") -> dict[str, Any]:
    source = {"S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": "FullyReplicated"}
    return {
        "ChannelName": name,
        "DataSource": {"S3DataSource": source},
        "ContentType": "application/x-recordio-protobuf",
    }


def training(name: str = "fm-1", *, image: str = TOY_IMAGE, bucket: str = "data", **more: Any) -> dict[str, Any]:
    return {
        "TrainingJobName": name,
        "RoleArn": ROLE,
        "AlgorithmSpecification": {"TrainingImage": image, "TrainingInputMode": "File"},
        "HyperParameters": dict(FM_HYPERPARAMETERS),
        "InputDataConfig": [channel(f"s3://{bucket}/train/")],
        "OutputDataConfig": {"S3OutputPath": f"s3://{bucket}/models"},
        "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 10},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        "EnableNetworkIsolation": True,
        **deepcopy(more),
    }


def processing(name: str = "pr-1", *, bucket: str = "data", **more: Any) -> dict[str, Any]:
    local = "/opt/ml/processing"
    return {
        "ProcessingJobName": name,
        "RoleArn": ROLE,
        "AppSpecification": {"ImageUri": TOY_IMAGE},
        "ProcessingInputs": [
            {
                "InputName": "rows",
                "S3Input": {
                    "S3Uri": f"s3://{bucket}/train",
                    "LocalPath": f"{local}/input/rows",
                    "S3DataType": "S3Prefix",
                    "S3InputMode": "File",
                },
            }
        ],
        "ProcessingOutputConfig": {
            "Outputs": [
                {
                    "OutputName": "upper",
                    "S3Output": {
                        "S3Uri": f"s3://{bucket}/upper/{name}",
                        "LocalPath": f"{local}/output/upper",
                        "S3UploadMode": "EndOfJob",
                    },
                }
            ]
        },
        "ProcessingResources": {
            "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 10}
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        "NetworkConfig": {"EnableNetworkIsolation": True},
        **deepcopy(more),
    }


def model(name: str = "nn-1", *, data: str = "s3://data/models/model.tar.gz", **more: Any) -> dict[str, Any]:
    return {
        "ModelName": name,
        "ExecutionRoleArn": ROLE,
        "PrimaryContainer": {"Image": TOY_IMAGE, "ModelDataUrl": data},
        "EnableNetworkIsolation": True,
        **deepcopy(more),
    }


def transform(name: str = "tr-1", *, model: str = "nn-1", bucket: str = "data", **more: Any) -> dict[str, Any]:
    return {
        "TransformJobName": name,
        "ModelName": model,
        "BatchStrategy": "MultiRecord",
        "MaxPayloadInMB": 1,
        "ModelClientConfig": {"InvocationsTimeoutInSeconds": 3600, "InvocationsMaxRetries": 3},
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{bucket}/users/"}},
            "ContentType": "application/x-recordio-protobuf",
            "SplitType": "RecordIO",
            "CompressionType": "None",
        },
        "TransformOutput": {
            "S3OutputPath": f"s3://{bucket}/neighbours/{name}",
            "Accept": "application/jsonlines; verbose=true",
            "AssembleWith": "Line",
        },
        "TransformResources": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1},
        **deepcopy(more),
    }
