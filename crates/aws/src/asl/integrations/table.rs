//! The optimized integrations, in alphabetical order.
//!
//! Patterns are those of the Step Functions developer guide. Parameters are the members of the service's request, with a
//! capital first letter; Step Functions creates idempotency tokens itself, so that they are never required.

/// Wait for the job's end.
const SYNC: &str = "sync";
/// The same, with the output of an execution as JSON.
const SYNC_2: &str = "sync:2";
/// Wait until the task's token is sent back.
pub(super) const TOKEN: &str = "waitForTaskToken";

/// An optimized integration of Step Functions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Integration {
    pub(super) name: &'static str,
    /// What may follow the name after a dot; nothing is always allowed.
    pub(super) patterns: &'static [&'static str],
    /// Parameters that must be given, separated by spaces.
    pub(super) required: &'static str,
    /// Parameters that may be given, separated by spaces.
    optional: &'static str,
}

impl Integration {
    pub(super) fn parameters(&self) -> impl Iterator<Item = &'static str> {
        self.required.split_whitespace().chain(self.optional.split_whitespace())
    }
}

const fn row(
    name: &'static str,
    patterns: &'static [&'static str],
    required: &'static str,
    optional: &'static str,
) -> Integration {
    Integration { name, patterns, required, optional }
}

pub(super) const TABLE: &[Integration] = &[
    row(
        "apigateway:invoke",
        &[TOKEN],
        "ApiEndpoint Method",
        "AllowNullValues AuthType Headers Path QueryParameters RequestBody Stage",
    ),
    row("athena:getQueryExecution", &[], "QueryExecutionId", ""),
    row("athena:getQueryResults", &[], "QueryExecutionId", "MaxResults NextToken QueryResultType"),
    row(
        "athena:startQueryExecution",
        &[SYNC],
        "QueryString",
        "ClientRequestToken EngineConfiguration ExecutionParameters QueryExecutionContext ResultConfiguration \
            ResultReuseConfiguration WorkGroup",
    ),
    row("athena:stopQueryExecution", &[], "QueryExecutionId", ""),
    row(
        "batch:submitJob",
        &[SYNC],
        "JobName JobQueue JobDefinition",
        "ArrayProperties ConsumableResourcePropertiesOverride ContainerOverrides DependsOn EcsPropertiesOverride \
            EksPropertiesOverride NodeOverrides Parameters PropagateTags RetryStrategy SchedulingPriorityOverride \
            ShareIdentifier Tags Timeout",
    ),
    row(
        "bedrock:createModelCustomizationJob",
        &[SYNC],
        "JobName CustomModelName RoleArn BaseModelIdentifier TrainingDataConfig OutputDataConfig",
        "ClientRequestToken CustomModelKmsKeyId CustomModelTags CustomizationConfig CustomizationType HyperParameters \
            JobTags ValidationDataConfig VpcConfig",
    ),
    row(
        "bedrock:invokeModel",
        &[TOKEN],
        "ModelId",
        "Accept Body ContentType GuardrailIdentifier GuardrailVersion Input Output Trace",
    ),
    row("codebuild:batchDeleteBuilds", &[], "Ids", ""),
    row("codebuild:batchGetReports", &[], "ReportArns", ""),
    row("codebuild:deleteBuildBatch", &[], "Id", ""),
    row("codebuild:retryBuildBatch", &[SYNC], "", "Id IdempotencyToken RetryType"),
    row(
        "codebuild:startBuild",
        &[SYNC],
        "ProjectName",
        "ArtifactsOverride AutoRetryLimitOverride BuildStatusConfigOverride BuildspecOverride CacheOverride \
            CertificateOverride ComputeTypeOverride DebugSessionEnabled EncryptionKeyOverride EnvironmentTypeOverride \
            EnvironmentVariablesOverride FleetOverride GitCloneDepthOverride GitSubmodulesConfigOverride \
            HostKernelOverride IdempotencyToken ImageOverride ImagePullCredentialsTypeOverride InsecureSslOverride \
            LogsConfigOverride PrivilegedModeOverride QueuedTimeoutInMinutesOverride RegistryCredentialOverride \
            ReportBuildStatusOverride SecondaryArtifactsOverride SecondarySourcesOverride SecondarySourcesVersionOverride \
            ServiceRoleOverride SourceAuthOverride SourceLocationOverride SourceTypeOverride SourceVersion \
            TimeoutInMinutesOverride",
    ),
    row(
        "codebuild:startBuildBatch",
        &[SYNC],
        "ProjectName",
        "ArtifactsOverride BuildBatchConfigOverride BuildTimeoutInMinutesOverride BuildspecOverride CacheOverride \
            CertificateOverride ComputeTypeOverride DebugSessionEnabled EncryptionKeyOverride EnvironmentTypeOverride \
            EnvironmentVariablesOverride GitCloneDepthOverride GitSubmodulesConfigOverride IdempotencyToken ImageOverride \
            ImagePullCredentialsTypeOverride InsecureSslOverride LogsConfigOverride PrivilegedModeOverride \
            QueuedTimeoutInMinutesOverride RegistryCredentialOverride ReportBuildBatchStatusOverride \
            SecondaryArtifactsOverride SecondarySourcesOverride SecondarySourcesVersionOverride ServiceRoleOverride \
            SourceAuthOverride SourceLocationOverride SourceTypeOverride SourceVersion",
    ),
    row("codebuild:stopBuild", &[], "Id", ""),
    row("codebuild:stopBuildBatch", &[], "Id", ""),
    row("databrew:startJobRun", &[SYNC], "Name", ""),
    row(
        "dynamodb:deleteItem",
        &[],
        "TableName Key",
        "ConditionExpression ConditionalOperator Expected ExpressionAttributeNames ExpressionAttributeValues \
            ReturnConsumedCapacity ReturnItemCollectionMetrics ReturnValues ReturnValuesOnConditionCheckFailure",
    ),
    row(
        "dynamodb:getItem",
        &[],
        "TableName Key",
        "AttributesToGet ConsistentRead ExpressionAttributeNames ProjectionExpression ReturnConsumedCapacity",
    ),
    row(
        "dynamodb:putItem",
        &[],
        "TableName Item",
        "ConditionExpression ConditionalOperator Expected ExpressionAttributeNames ExpressionAttributeValues \
            ReturnConsumedCapacity ReturnItemCollectionMetrics ReturnValues ReturnValuesOnConditionCheckFailure",
    ),
    row(
        "dynamodb:updateItem",
        &[],
        "TableName Key",
        "AttributeUpdates ConditionExpression ConditionalOperator Expected ExpressionAttributeNames \
            ExpressionAttributeValues ReturnConsumedCapacity ReturnItemCollectionMetrics ReturnValues \
            ReturnValuesOnConditionCheckFailure UpdateExpression",
    ),
    row(
        "ecs:runTask",
        &[SYNC, TOKEN],
        "TaskDefinition",
        "CapacityProviderStrategy ClientToken Cluster Count EnableECSManagedTags EnableExecuteCommand Group LaunchType \
            NetworkConfiguration Overrides PlacementConstraints PlacementStrategy PlatformVersion PropagateTags \
            ReferenceId StartedBy Tags VolumeConfigurations",
    ),
    row("eks:call", &[TOKEN], "ClusterName CertificateAuthority Endpoint Method Path", "QueryParameters RequestBody"),
    row(
        "eks:createCluster",
        &[SYNC],
        "Name RoleArn ResourcesVpcConfig",
        "AccessConfig BootstrapSelfManagedAddons ClientRequestToken ComputeConfig ControlPlaneScalingConfig \
            DeletionProtection EncryptionConfig KubeApiServerConfig KubeControllerManagerConfig KubeSchedulerConfig \
            KubernetesNetworkConfig Logging OutpostConfig RemoteNetworkConfig StorageConfig Tags UpgradePolicy Version \
            ZonalShiftConfig",
    ),
    row(
        "eks:createFargateProfile",
        &[SYNC],
        "FargateProfileName ClusterName PodExecutionRoleArn",
        "ClientRequestToken Selectors Subnets Tags",
    ),
    row(
        "eks:createNodegroup",
        &[SYNC],
        "ClusterName NodegroupName Subnets NodeRole",
        "AmiType CapacityType ClientRequestToken DiskSize InstanceTypes Labels LaunchTemplate NodeRepairConfig \
            ReleaseVersion RemoteAccess ScalingConfig Tags Taints UpdateConfig Version WarmPoolConfig",
    ),
    row("eks:deleteCluster", &[SYNC], "Name", ""),
    row("eks:deleteFargateProfile", &[SYNC], "ClusterName FargateProfileName", ""),
    row("eks:deleteNodegroup", &[SYNC], "ClusterName NodegroupName", ""),
    row("eks:runJob", &[SYNC, TOKEN], "ClusterName CertificateAuthority Endpoint Job", "Namespace LogOptions"),
    row("elasticmapreduce:addStep", &[SYNC], "ClusterId Step", "ExecutionRoleArn"),
    row("elasticmapreduce:cancelStep", &[], "ClusterId StepId", ""),
    row(
        "elasticmapreduce:createCluster",
        &[SYNC],
        "Name Instances",
        "AdditionalInfo AmiVersion Applications AutoScalingRole AutoTerminationPolicy BootstrapActions Configurations \
            CustomAmiId EbsRootVolumeIops EbsRootVolumeSize EbsRootVolumeThroughput ExtendedSupport JobFlowRole \
            KerberosAttributes LogEncryptionKmsKeyId LogUri ManagedScalingPolicy MonitoringConfiguration \
            NewSupportedProducts OSReleaseLabel PlacementGroupConfigs ReleaseLabel RepoUpgradeOnBoot ScaleDownBehavior \
            SecurityConfiguration ServiceRole SessionEnabled StepConcurrencyLevel StepExecutionRoleArn SupportedProducts \
            Tags VisibleToAllUsers",
    ),
    row("elasticmapreduce:modifyInstanceFleetByName", &[], "ClusterId InstanceFleetName InstanceFleet", ""),
    row("elasticmapreduce:modifyInstanceGroupByName", &[], "ClusterId InstanceGroupName InstanceGroup", ""),
    row("elasticmapreduce:setClusterTerminationProtection", &[], "ClusterId TerminationProtected", ""),
    row("elasticmapreduce:terminateCluster", &[SYNC], "ClusterId", ""),
    row(
        "emr-containers:createVirtualCluster",
        &[],
        "Name ContainerProvider",
        "ClientToken SchedulerConfiguration SecurityConfigurationId SessionEnabled Tags",
    ),
    row("emr-containers:deleteVirtualCluster", &[SYNC], "Id", ""),
    row(
        "emr-containers:startJobRun",
        &[SYNC],
        "VirtualClusterId",
        "ClientToken ConfigurationOverrides ExecutionRoleArn JobDriver JobTemplateId JobTemplateParameters Name \
            ReleaseLabel RetryPolicyConfiguration Tags",
    ),
    row("emr-serverless:cancelJobRun", &[SYNC], "ApplicationId JobRunId", "ShutdownGracePeriodInSeconds"),
    row(
        "emr-serverless:createApplication",
        &[SYNC],
        "ReleaseLabel Type",
        "Architecture AutoStartConfiguration AutoStopConfiguration ClientToken DiskEncryptionConfiguration \
            IdentityCenterConfiguration ImageConfiguration InitialCapacity InteractiveConfiguration \
            JobLevelCostAllocationConfiguration MaximumCapacity MonitoringConfiguration Name NetworkConfiguration \
            RuntimeConfiguration SchedulerConfiguration Tags WorkerTypeSpecifications",
    ),
    row("emr-serverless:deleteApplication", &[SYNC], "ApplicationId", ""),
    row("emr-serverless:startApplication", &[SYNC], "ApplicationId", ""),
    row(
        "emr-serverless:startJobRun",
        &[SYNC],
        "ApplicationId ExecutionRoleArn",
        "ClientToken ConfigurationOverrides ExecutionIamPolicy ExecutionTimeoutMinutes FlexExecution JobDriver Mode \
            Name RetryPolicy Tags",
    ),
    row("emr-serverless:stopApplication", &[SYNC], "ApplicationId", ""),
    row("events:putEvents", &[TOKEN], "Entries", "EndpointId"),
    row(
        "glue:startJobRun",
        &[SYNC],
        "JobName",
        "AllocatedCapacity Arguments ExecutionClass ExecutionRoleSessionPolicy JobRunId JobRunQueuingEnabled \
            MaxCapacity NotificationProperty NumberOfWorkers SecurityConfiguration Timeout WorkerType",
    ),
    row(
        "http:invoke",
        &[],
        "ApiEndpoint Method",
        "Authentication Headers InvocationConfig QueryParameters RequestBody Transform",
    ),
    row(
        "lambda:invoke",
        &[TOKEN],
        "FunctionName",
        "ClientContext DurableExecutionName InvocationType LogType Payload Qualifier TenantId",
    ),
    row(
        "mediaconvert:createJob",
        &[SYNC],
        "Role Settings",
        "AccelerationSettings BillingTagsSource ClientRequestToken ElementalInferenceSettings HopDestinations \
            JobEngineVersion JobTemplate Priority Queue SimulateReservedQueue StatusUpdateInterval Tags UserMetadata",
    ),
    row("sagemaker:createEndpoint", &[], "EndpointName EndpointConfigName", "DeploymentConfig Tags"),
    row(
        "sagemaker:createEndpointConfig",
        &[],
        "EndpointConfigName ProductionVariants",
        "AsyncInferenceConfig CrossRegionTrafficConfig DataCaptureConfig EnableNetworkIsolation ExecutionRoleArn \
            ExplainerConfig KmsKeyId MetricsConfig ShadowProductionVariants Tags VpcConfig",
    ),
    row(
        "sagemaker:createHyperParameterTuningJob",
        &[SYNC],
        "HyperParameterTuningJobName HyperParameterTuningJobConfig",
        "Autotune Tags TrainingJobDefinition TrainingJobDefinitions WarmStartConfig",
    ),
    row(
        "sagemaker:createLabelingJob",
        &[SYNC],
        "LabelingJobName LabelAttributeName InputConfig OutputConfig RoleArn HumanTaskConfig",
        "LabelCategoryConfigS3Uri LabelingJobAlgorithmsConfig StoppingConditions Tags",
    ),
    row(
        "sagemaker:createModel",
        &[],
        "ModelName",
        "Containers EnableNetworkIsolation ExecutionRoleArn InferenceExecutionConfig PrimaryContainer Tags VpcConfig",
    ),
    row(
        "sagemaker:createProcessingJob",
        &[SYNC],
        "ProcessingJobName ProcessingResources AppSpecification RoleArn",
        "Environment ExperimentConfig NetworkConfig ProcessingInputs ProcessingOutputConfig StoppingCondition Tags",
    ),
    row(
        "sagemaker:createTrainingJob",
        &[SYNC],
        "TrainingJobName RoleArn OutputDataConfig",
        "AlgorithmSpecification CheckpointConfig DebugHookConfig DebugRuleConfigurations \
            EnableInterContainerTrafficEncryption EnableManagedSpotTraining EnableNetworkIsolation Environment \
            ExperimentConfig HyperParameters InfraCheckConfig InputDataConfig MlflowConfig ModelPackageConfig \
            ProfilerConfig ProfilerRuleConfigurations RemoteDebugConfig ResourceConfig RetryStrategy ServerlessJobConfig \
            SessionChainingConfig StoppingCondition Tags TensorBoardOutputConfig VpcConfig",
    ),
    row(
        "sagemaker:createTransformJob",
        &[SYNC],
        "TransformJobName ModelName TransformInput TransformOutput TransformResources",
        "BatchStrategy DataCaptureConfig DataProcessing Environment ExperimentConfig MaxConcurrentTransforms \
            MaxPayloadInMB ModelClientConfig Tags",
    ),
    row(
        "sagemaker:updateEndpoint",
        &[],
        "EndpointName EndpointConfigName",
        "DeploymentConfig ExcludeRetainedVariantProperties RetainAllVariantProperties RetainDeploymentConfig",
    ),
    row(
        "sns:publish",
        &[TOKEN],
        "Message",
        "MessageAttributes MessageDeduplicationId MessageGroupId MessageStructure PhoneNumber Subject TargetArn \
            TopicArn",
    ),
    row(
        "sqs:sendMessage",
        &[TOKEN],
        "QueueUrl MessageBody",
        "DelaySeconds MessageAttributes MessageDeduplicationId MessageGroupId MessageSystemAttributes",
    ),
    row("states:startExecution", &[SYNC, SYNC_2, TOKEN], "StateMachineArn", "Input Name TraceHeader"),
];
