//! The CloudFormation template, composed from assets/.
