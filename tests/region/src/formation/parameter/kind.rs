//! Parameter types.
//! https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-supplied-parameter-types.html

use serde_json::Value;

/// A parameter's type, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// Whether its value is a list: `CommaDelimitedList` or `List<…>`.
    pub list: bool,
    /// Whether each value must be a number.
    pub number: bool,
    /// Whether the given value is the name of an SSM parameter: `AWS::SSM::Parameter::Value<…>`.
    pub ssm: bool,
    /// What each value must be the id of, in this account and region.
    pub specific: Option<Specific>,
}

/// What an AWS-specific value names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Specific {
    AvailabilityZone,
    Image,
    Instance,
    KeyPair,
    SecurityGroupId,
    SecurityGroupName,
    Subnet,
    Volume,
    Vpc,
    HostedZone,
    SsmParameter,
}

impl Kind {
    /// Reads a type name.
    pub fn parse(name: &str) -> Option<Self> {
        let plain = Self { list: false, number: false, ssm: false, specific: None };
        if name == "AWS::SSM::Parameter::Name" {
            return Some(Self { specific: Some(Specific::SsmParameter), ..plain });
        }
        if let Some(inner) = name.strip_prefix("AWS::SSM::Parameter::Value<").and_then(|rest| rest.strip_suffix('>')) {
            let kind = if inner == "List<String>" { Self { list: true, ..plain } } else { Self::parse(inner)? };
            return (!kind.ssm && !kind.number).then_some(Self { ssm: true, ..kind });
        }
        if let Some(inner) = name.strip_prefix("List<").and_then(|rest| rest.strip_suffix('>')) {
            // There is no List<String>: CommaDelimitedList is its name.
            let kind = Self::parse(inner).filter(|kind| !kind.list && (kind.number || kind.specific.is_some()))?;
            return (kind.specific != Some(Specific::KeyPair)).then_some(Self { list: true, ..kind });
        }
        Some(match name {
            "String" => plain,
            "Number" => Self { number: true, ..plain },
            "CommaDelimitedList" => Self { list: true, ..plain },
            _ => Self { specific: Some(Specific::parse(name)?), ..plain },
        })
    }

    /// What `Ref` gives for a given text.
    pub fn value(self, text: &str) -> Value {
        if !self.list {
            return Value::from(text);
        }
        // An empty text is a list of one empty string. [U]
        text.split(',').map(|item| Value::from(item.trim())).collect()
    }
}

impl Specific {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "AWS::EC2::AvailabilityZone::Name" => Self::AvailabilityZone,
            "AWS::EC2::Image::Id" => Self::Image,
            "AWS::EC2::Instance::Id" => Self::Instance,
            "AWS::EC2::KeyPair::KeyName" => Self::KeyPair,
            "AWS::EC2::SecurityGroup::GroupName" => Self::SecurityGroupName,
            "AWS::EC2::SecurityGroup::Id" => Self::SecurityGroupId,
            "AWS::EC2::Subnet::Id" => Self::Subnet,
            "AWS::EC2::Volume::Id" => Self::Volume,
            "AWS::EC2::VPC::Id" => Self::Vpc,
            "AWS::Route53::HostedZone::Id" => Self::HostedZone,
            _ => return None,
        })
    }
}
