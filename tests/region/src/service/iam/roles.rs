//! Roles, customer managed policies and instance profiles: what CloudFormation's handlers make, and `GetRole`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{State, exists, no_such};
use crate::{AwsError, Region};

/// A role. Its policies are documents as JSON, as the template rendered them.
#[derive(Debug, Clone)]
pub struct Role {
    pub name: String,
    /// `AROA…`.
    pub id: String,
    pub arn: String,
    pub path: String,
    pub assume_role_policy: Value,
    pub description: Option<String>,
    pub max_session_duration: u32,
    pub permissions_boundary: Option<String>,
    /// Inline policies by name.
    pub inline: BTreeMap<String, Value>,
    /// ARNs of attached managed policies.
    pub attached: BTreeSet<String>,
    pub tags: Vec<(String, String)>,
    pub created: f64,
}

/// A customer managed policy: only its default version is kept.
#[derive(Debug, Clone)]
pub struct ManagedPolicy {
    pub name: String,
    /// `ANPA…`.
    pub id: String,
    pub arn: String,
    pub path: String,
    pub description: Option<String>,
    pub document: Value,
    pub created: f64,
}

/// An instance profile with at most one role.
#[derive(Debug, Clone)]
pub struct InstanceProfile {
    pub name: String,
    /// `AIPA…`.
    pub id: String,
    pub arn: String,
    pub path: String,
    pub role: Option<String>,
    pub created: f64,
}

/// What a role is made from; `..NewRole::default()` for the rest.
#[derive(Debug, Clone, Default)]
pub struct NewRole {
    pub name: String,
    /// Empty means `/`.
    pub path: String,
    pub assume_role_policy: Value,
    pub description: Option<String>,
    pub permissions_boundary: Option<String>,
    pub tags: Vec<(String, String)>,
}

impl State {
    /// Makes a role. Attach and put its policies afterwards.
    ///
    /// # Errors
    /// `EntityAlreadyExists`; `MalformedPolicyDocument` when the trust policy has no statement.
    pub fn create_role(&mut self, region: &Region, new: NewRole) -> Result<Role, AwsError> {
        if self.roles.contains_key(&new.name) {
            return Err(exists("Role", &new.name));
        }
        super::policy::check_document(&new.assume_role_policy)?;
        let path = path_or_root(&new.path);
        let role = Role {
            id: format!("AROA{}", region.random.upper(17)),
            arn: region.global_arn("iam", &format!("role{path}{}", new.name)),
            name: new.name,
            path,
            assume_role_policy: new.assume_role_policy,
            description: new.description,
            max_session_duration: 3600,
            permissions_boundary: new.permissions_boundary,
            inline: BTreeMap::new(),
            attached: BTreeSet::new(),
            tags: new.tags,
            created: region.clock.epoch(),
        };
        self.roles.insert(role.name.clone(), role.clone());
        Ok(role)
    }

    /// The role of this name, to be changed in place.
    ///
    /// # Errors
    /// `NoSuchEntity`.
    pub fn role_mut(&mut self, name: &str) -> Result<&mut Role, AwsError> {
        self.roles.get_mut(name).ok_or_else(|| no_such("role", "name", name))
    }

    /// Deletes a role.
    ///
    /// # Errors
    /// `NoSuchEntity`; `DeleteConflict` while policies are attached or inline, or a profile holds it.
    // https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html
    pub fn delete_role(&mut self, name: &str) -> Result<(), AwsError> {
        let role = self.role_mut(name)?;
        if !role.attached.is_empty() {
            return Err(conflict("Cannot delete entity, must detach all policies first."));
        }
        if !role.inline.is_empty() {
            return Err(conflict("Cannot delete entity, must delete policies first."));
        }
        if self.profiles.values().any(|profile| profile.role.as_deref() == Some(name)) {
            return Err(conflict("Cannot delete entity, must remove roles from instance profile first."));
        }
        self.roles.remove(name);
        Ok(())
    }

    /// Puts an inline policy on a role, replacing one of the same name.
    ///
    /// # Errors
    /// `NoSuchEntity`, `MalformedPolicyDocument`.
    pub fn put_role_policy(&mut self, role: &str, policy: &str, document: Value) -> Result<(), AwsError> {
        super::policy::check_document(&document)?;
        self.role_mut(role)?.inline.insert(policy.to_owned(), document);
        Ok(())
    }

    /// Attaches a managed policy, a customer's or one of AWS's own.
    ///
    /// # Errors
    /// `NoSuchEntity` for the role or a policy that is not there.
    pub fn attach_role_policy(&mut self, role: &str, policy_arn: &str) -> Result<(), AwsError> {
        if super::aws_managed::document(policy_arn).is_none() && !self.policies.contains_key(policy_arn) {
            let message = format!("Policy {policy_arn} does not exist or is not attachable.");
            // https://github.com/getmoto/moto/pull/6482 (quotes AWS)
            return Err(AwsError::new("NoSuchEntity", message).with_status(404));
        }
        self.role_mut(role)?.attached.insert(policy_arn.to_owned());
        Ok(())
    }

    /// Detaches a managed policy.
    ///
    /// # Errors
    /// `NoSuchEntity` for the role, or when it is not attached.
    pub fn detach_role_policy(&mut self, role: &str, policy_arn: &str) -> Result<(), AwsError> {
        if self.role_mut(role)?.attached.remove(policy_arn) {
            return Ok(());
        }
        Err(AwsError::new("NoSuchEntity", format!("Policy {policy_arn} was not found.")).with_status(404))
    }

    /// Makes a customer managed policy.
    ///
    /// # Errors
    /// `EntityAlreadyExists`, `MalformedPolicyDocument`.
    pub fn create_policy(
        &mut self,
        region: &Region,
        name: &str,
        path: &str,
        description: Option<String>,
        document: Value,
    ) -> Result<ManagedPolicy, AwsError> {
        super::policy::check_document(&document)?;
        let path = path_or_root(path);
        let arn = region.global_arn("iam", &format!("policy{path}{name}"));
        if self.policies.contains_key(&arn) {
            let message = format!("A policy called {name} already exists. Duplicate names are not allowed.");
            // https://github.com/Altinity/terraform-aws-eks-clickhouse/issues/7
            return Err(AwsError::new("EntityAlreadyExists", message).with_status(409));
        }
        let policy = ManagedPolicy {
            name: name.to_owned(),
            id: format!("ANPA{}", region.random.upper(17)),
            arn: arn.clone(),
            path,
            description,
            document,
            created: region.clock.epoch(),
        };
        self.policies.insert(arn, policy.clone());
        Ok(policy)
    }

    /// Makes `document` the default version of a customer managed policy.
    ///
    /// # Errors
    /// `NoSuchEntity`, `MalformedPolicyDocument`.
    pub fn set_policy_document(&mut self, arn: &str, document: Value) -> Result<(), AwsError> {
        super::policy::check_document(&document)?;
        self.policies.get_mut(arn).ok_or_else(|| no_such("policy", "arn", arn))?.document = document;
        Ok(())
    }

    /// Deletes a customer managed policy.
    ///
    /// # Errors
    /// `NoSuchEntity`; `DeleteConflict` while it is attached to a role.
    pub fn delete_policy(&mut self, arn: &str) -> Result<(), AwsError> {
        if self.roles.values().any(|role| role.attached.contains(arn)) {
            return Err(conflict("Cannot delete a policy attached to entities."));
        }
        self.policies.remove(arn).map(drop).ok_or_else(|| no_such("policy", "arn", arn))
    }

    /// Makes an instance profile that holds `role`.
    ///
    /// # Errors
    /// `EntityAlreadyExists`; `NoSuchEntity` for the role.
    pub fn create_instance_profile(
        &mut self,
        region: &Region,
        name: &str,
        path: &str,
        role: &str,
    ) -> Result<InstanceProfile, AwsError> {
        if self.profiles.contains_key(name) {
            let message = format!("Instance Profile {name} already exists.");
            // https://github.com/ine-labs/AWSGoat/issues/49
            return Err(AwsError::new("EntityAlreadyExists", message).with_status(409));
        }
        self.role_mut(role)?;
        let path = path_or_root(path);
        let profile = InstanceProfile {
            name: name.to_owned(),
            id: format!("AIPA{}", region.random.upper(17)),
            arn: region.global_arn("iam", &format!("instance-profile{path}{name}")),
            path,
            role: Some(role.to_owned()),
            created: region.clock.epoch(),
        };
        self.profiles.insert(name.to_owned(), profile.clone());
        Ok(profile)
    }

    /// Deletes an instance profile, its role removed from it first.
    ///
    /// # Errors
    /// `NoSuchEntity`.
    pub fn delete_instance_profile(&mut self, name: &str) -> Result<(), AwsError> {
        self.profiles.remove(name).map(drop).ok_or_else(|| no_such_profile(name))
    }

    /// The instance profile that launch templates name, by name or by ARN.
    ///
    /// # Errors
    /// `NoSuchEntity`.
    pub fn profile(&self, name_or_arn: &str) -> Result<&InstanceProfile, AwsError> {
        self.profiles
            .values()
            .find(|profile| profile.name == name_or_arn || profile.arn == name_or_arn)
            .ok_or_else(|| no_such_profile(name_or_arn))
    }
}

/// `GetRole`.
pub(super) fn get_role(region: &Region, input: &Value) -> Result<Value, AwsError> {
    let name = input["RoleName"].as_str().unwrap_or_default();
    region.world(|world| {
        let role = world.iam.service_linked_roles.get(name);
        let role = role.or_else(|| world.iam.roles.get(name)).ok_or_else(|| no_such("role", "name", name))?;
        Ok(json!({ "Role": role.describe() }))
    })
}

/// `GetInstanceProfile`.
pub(super) fn get_instance_profile(region: &Region, input: &Value) -> Result<Value, AwsError> {
    let name = input["InstanceProfileName"].as_str().unwrap_or_default();
    region.world(|world| {
        let profile = world.iam.profile(name)?;
        let roles: Vec<Value> =
            profile.role.iter().filter_map(|role| world.iam.roles.get(role)).map(Role::describe).collect();
        Ok(json!({ "InstanceProfile": { "Path": profile.path, "InstanceProfileName": profile.name,
            "InstanceProfileId": profile.id, "Arn": profile.arn, "CreateDate": profile.created, "Roles": roles } }))
    })
}

impl Role {
    /// The model's `Role`.
    pub(super) fn describe(&self) -> Value {
        let mut answer = json!({
            "Path": self.path, "RoleName": self.name, "RoleId": self.id, "Arn": self.arn, "CreateDate": self.created,
            "AssumeRolePolicyDocument": encode(&self.assume_role_policy),
            "MaxSessionDuration": self.max_session_duration,
            "Tags": self.tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect::<Vec<_>>(),
        });
        if let Some(description) = &self.description {
            answer["Description"] = json!(description);
        }
        if let Some(boundary) = &self.permissions_boundary {
            answer["PermissionsBoundary"] =
                json!({ "PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": boundary });
        }
        answer
    }
}

/// IAM gives policy documents URL-encoded (RFC 3986).
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html
fn encode(document: &Value) -> String {
    percent_encoding::utf8_percent_encode(&document.to_string(), crate::wire::UNRESERVED).to_string()
}

fn path_or_root(path: &str) -> String {
    if path.is_empty() { "/".to_owned() } else { path.to_owned() }
}

// https://github.com/hashicorp/boundary/pull/5646 (attached policies), https://github.com/rebuy-de/aws-nuke/issues/294
// (inline ones, and a policy), https://github.com/99designs/iamy/pull/68 (a profile)
fn conflict(message: &str) -> AwsError {
    AwsError::new("DeleteConflict", message).with_status(409)
}

// https://github.com/skyplane-project/skyplane/pull/724
fn no_such_profile(name: &str) -> AwsError {
    AwsError::new("NoSuchEntity", format!("Instance Profile {name} cannot be found.")).with_status(404)
}
