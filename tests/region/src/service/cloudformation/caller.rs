//! By whose permissions a stack operation works: its caller's, unless the stack has a role.
//! https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-iam-servicerole.html

use super::engine::Run;
use crate::service::Principal;

tokio::task_local! {
    /// Who made the call that is being carried out; an operation that it begins keeps it.
    static CALLER: Principal;
}

/// Carries out a call of `caller`.
pub(super) fn calling<T>(caller: Principal, carry_out: impl FnOnce() -> T) -> T {
    CALLER.sync_scope(caller, carry_out)
}

/// Who made the call that is being carried out; None outside of any.
pub(super) fn caller() -> Option<Principal> {
    CALLER.try_with(Clone::clone).ok()
}

/// Whose permissions count for a running operation; None when nobody's are asked about.
pub(super) fn acts_as(run: &Run) -> Option<Principal> {
    let role = run.stack(|stack| stack.settings.role_arn.clone()).flatten();
    match role {
        // https://github.com/aws-solutions-library-samples/data-lakes-on-aws/issues/275 (the session's name)
        Some(arn) => Some(Principal::Node {
            role_name: arn.rsplit('/').next().unwrap_or_default().to_owned(),
            instance_id: "AWSCloudFormation".to_owned(),
        }),
        None => run.caller.clone(),
    }
}
