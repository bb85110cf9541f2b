//! Edits that make the region kinder than AWS, and the test that notices each.

/// One edit.
#[derive(Debug, Clone, Copy)]
pub struct Mutation {
    /// What the region then lets pass.
    pub kindness: &'static str,
    /// File under `src`.
    pub file: &'static str,
    /// Text that occurs exactly once in the file.
    pub text: &'static str,
    /// What stands in its place.
    pub with: &'static str,
    /// Test target and test that must fail.
    pub test: (&'static str, &'static str),
}

/// All of them.
pub const MUTATIONS: &[Mutation] = &[
    Mutation {
        kindness: "roles are made without an acknowledged capability",
        file: "service/cloudformation/input.rs",
        text: "let Some((needed, _)) = template.capabilities() else { return Ok(()) };\n",
        with: "let Some((needed, _)) = template.capabilities() else { return Ok(()) };\n        if self.capabilities.is_empty() {\n            return Ok(());\n        }\n",
        test: ("harness", "refusals::roles_need_an_acknowledgement"),
    },
    Mutation {
        kindness: "a change set is executed although another was",
        file: "service/cloudformation/change_set/execute.rs",
        text: "stack.change_sets.retain(|known| known.id == id);\n    for known in &mut stack.change_sets {",
        with: "for known in stack.change_sets.iter_mut().filter(|known| known.id == id) {",
        test: ("harness", "change_sets::a_set_is_executed_once_and_takes_the_others_with_it"),
    },
    Mutation {
        kindness: "a change set from before an update is executed",
        file: "service/cloudformation/change_set/mod.rs",
        text: "self.execution_status = \"OBSOLETE\";",
        with: "self.execution_status = \"AVAILABLE\";",
        test: ("harness", "change_sets::a_set_that_was_overtaken_cannot_be_executed"),
    },
    Mutation {
        kindness: "NoEcho parameters are shown",
        file: "service/cloudformation/describe.rs",
        text: "if value.no_echo { \"****\" } else { &value.given }",
        with: "if value.no_echo && value.given.is_empty() { \"****\" } else { &value.given }",
        test: ("harness", "refusals::secret_parameters_are_never_shown"),
    },
    Mutation {
        kindness: "signatures are not verified",
        file: "wire/caller.rs",
        text: "if signed.is_by(&key.secret, head, payload)",
        with: "if signed.is_by(&key.secret, head, payload) || !signed.signature.is_empty()",
        test: ("wire", "signatures::a_wrong_secret_is_no_signature"),
    },
    Mutation {
        kindness: "a bucket with objects in it is deleted",
        file: "service/s3/settings.rs",
        text: "if bucket.objects.is_empty() {",
        with: "if bucket.objects.is_empty() || !name.is_empty() {",
        test: ("harness", "deletion::a_full_bucket_stands_in_the_way_until_it_is_retained"),
    },
    Mutation {
        kindness: "a stack in ROLLBACK_COMPLETE can be updated",
        file: "service/cloudformation/status.rs",
        text: "\"CREATE_COMPLETE\" | \"UPDATE_COMPLETE\" |",
        with: "\"CREATE_COMPLETE\" | \"ROLLBACK_COMPLETE\" | \"UPDATE_COMPLETE\" |",
        test: ("harness", "creation::a_failure_rolls_everything_back_and_the_stack_is_a_dead_end"),
    },
    Mutation {
        kindness: "unknown properties are ignored",
        file: "formation/validation.rs",
        text: "found.push(format!(\"{path}: extraneous key [{name}] is not permitted\"));",
        with: "",
        test: ("harness", "change_sets::wrong_properties_fail_the_set_with_their_place"),
    },
    Mutation {
        kindness: "nodes may do what their role does not allow",
        file: "wire/permission/mod.rs",
        text: "Principal::Node { .. } => true,",
        with: "Principal::Node { .. } => false,",
        test: ("wire", "signatures::a_node_may_do_what_its_role_allows_and_nothing_else"),
    },
    Mutation {
        kindness: "CloudFormation makes what its caller may not make",
        file: "service/iam/handlers/mod.rs",
        text: "let Some(handler) = table::handler(work.resource_type) else { return Vec::new() };",
        with: "let Some(handler) = table::handler(work.resource_type).filter(|_| false) else { return Vec::new() };",
        test: ("wire", "permissions::each_action_that_is_missing_is_named_by_the_resource_that_needs_it"),
    },
    Mutation {
        kindness: "the chain of a certificate may come in any order",
        file: "certificate.rs",
        text: "signs().ok_or(Problem::ChainOrder(index))?;",
        with: "let _ = (signs(), index);",
        test: ("harness", "identity::issuing::an_import_must_be_whole_current_and_in_order"),
    },
    Mutation {
        kindness: "certificates of every key type are listed unasked",
        file: "service/acm/operations.rs",
        text: "filter(|one| types.contains(&key_type(one)))",
        with: "filter(|one| !types.is_empty() && !key_type(one).is_empty())",
        test: ("surprises", "identity::row_07_a_certificate_on_a_curve_is_hidden_unless_its_key_type_is_named"),
    },
    Mutation {
        kindness: "a client token is taken again for another request",
        file: "service/cloudformation/token.rs",
        text: "Err(AwsError::new(\"TokenAlreadyExistsException\", message))",
        with: "let _ = message;\n            Ok(None)",
        test: ("harness", "refusals::a_name_is_created_once_and_a_token_is_answered_again"),
    },
    Mutation {
        kindness: "termination protection protects nothing",
        file: "service/cloudformation/stack_delete.rs",
        text: "if stack.termination_protection",
        with: "if stack.termination_protection && stack.name.is_empty()",
        test: ("harness", "deletion::protection_is_in_the_way_until_it_is_lifted"),
    },
    Mutation {
        kindness: "an update without any change is taken",
        file: "service/cloudformation/stack_update.rs",
        text: "if plan.is_empty() && plan.refused.is_empty() {",
        with: "if plan.is_empty() && plan.refused.is_empty() && name.is_empty() {",
        test: ("harness", "updates::the_same_again_is_refused"),
    },
    Mutation {
        kindness: "instance metadata is given without a token",
        file: "node/metadata.rs",
        text: "None if instance.tokens_required => return plain(StatusCode::UNAUTHORIZED, String::new()),",
        with: "",
        test: ("harness", "compute::metadata::a_machine_gets_its_own_tree_with_its_own_token_only"),
    },
    Mutation {
        kindness: "a finished stack takes signals",
        file: "service/cloudformation/signals.rs",
        text: "if !waits {",
        with: "if !waits && stack.id.is_empty() {",
        test: ("harness", "refusals::a_finished_stack_cannot_be_signalled"),
    },
    Mutation {
        kindness: "a new target is healthy before it has passed a check",
        file: "balancer/health.rs",
        text: "_ if fresh => Health::Initial,",
        with: "_ if fresh => Health::Healthy,",
        test: ("harness", "compute::targets::a_new_target_is_registered_then_checked_then_judged"),
    },
];
