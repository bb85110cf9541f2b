//! CloudFormation: stacks, change sets, parameters.
