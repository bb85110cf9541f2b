//! CloudFormation's vocabulary: status, event, failure, and watching a stack.
