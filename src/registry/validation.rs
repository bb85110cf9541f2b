//! The DNS record by which ACM learns that a name is ours: as ACM tells it, and as CloudFormation's events do. Pure.

use std::fmt;

use serde::Serialize;

/// A record that has to be there before a certificate is issued, and for as long as it is to be renewed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ValidationRecord {
    /// Its name, with the final dot.
    pub name: String,
    /// Its type: CNAME.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its value, with the final dot.
    pub value: String,
}

impl ValidationRecord {
    /// Reads what CloudFormation's event says while it waits for a certificate:
    /// `Content of DNS Record is: {Name: …,Type: CNAME,Value: …}`. None when it says something else.
    /// <https://github.com/aws/aws-cdk/issues/11201>
    #[must_use]
    pub fn from_event(reason: &str) -> Option<Self> {
        let (_, inside) = reason.split_once("Content of DNS Record is: {")?;
        let mut fields = inside.split('}').next()?.split(',').map(str::trim);
        let mut field = |name: &str| {
            let text = fields.next()?.strip_prefix(name)?.strip_prefix(':')?.trim().to_owned();
            (!text.is_empty()).then_some(text)
        };
        Some(Self { name: field("Name")?, kind: field("Type")?, value: field("Value")? })
    }
}

impl fmt::Display for ValidationRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}  {}  {}", self.name, self.kind, self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::ValidationRecord;

    #[test]
    fn an_event_tells_the_record() {
        for blank in ["", " "] {
            let reason = format!(
                "Content of DNS Record is: {{Name: _a.docker.example.test.,{blank}Type: CNAME,{blank}Value: _b.acm-validations.aws.}}"
            );
            let record = ValidationRecord::from_event(&reason).map(|record| record.to_string());
            assert_eq!(record.as_deref(), Some("_a.docker.example.test.  CNAME  _b.acm-validations.aws."));
        }
        for other in ["Resource creation Initiated", "Content of DNS Record is: {Name: ,Type: CNAME,Value: }", ""] {
            assert_eq!(ValidationRecord::from_event(other), None, "{other}");
        }
    }
}
