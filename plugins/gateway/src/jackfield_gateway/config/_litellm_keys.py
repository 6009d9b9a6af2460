"""LiteLLM's keys that Jackfield does not have, in one table: which are warned about, which are refused, and why.

A key that changes nothing here is a warning. One whose absence changes what happens, or what is allowed, is refused
with the reason: nobody shall believe that a guardrail, a budget or a cache is at work.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["BUILT_IN_CALLBACKS", "FOREIGN", "Foreign"]


class Foreign(NamedTuple):
    """Keys of a section with one reason, spaces between them. ``harmless`` values only repeat what holds anyway."""

    section: str
    reason: str
    names: str
    refused: bool = True
    harmless: tuple[bool, ...] = (False,)


_KEYS_AND_BUDGETS = "there are no virtual keys, teams or budgets here, only the master key: remove it"
_DATABASE = "there is no database: nothing is stored, and keys, teams and models come from this file alone; remove it"
_CACHE = "there is no cache: every call reaches a model; remove it"
_GUARDRAILS = "there are no guardrails, and a missing one must not pass for a working one: use callbacks, and remove it"
_OWN_CALLBACKS = (
    "LiteLLM's own callbacks are not here: name an object of yours in callbacks, or read the log and /metrics"
)
_FALLBACKS = "fallbacks answers every error that another model may mend: write it there"
_ACCESS = "everybody with the master key may call every route and model: remove it, and keep others out in front"
_SECRETS = "secrets come from the environment alone: write os.environ/NAME, and let the secret store set the variable"
_ROUTES = "the gateway has no such routes: remove it"
_STRATEGY = "the router has no such rule: remove it"
_SHARED_COUNTS = "counts are each worker's own, and nothing is shared between machines: remove it"
_LOGS = "the log is JSON lines and never holds content or keys unless general_settings.log_content is true"
_MODELS = "each request names its model, and gets no other: remove it"
_PARAMETERS = "parameters reach the provider as they are: remove it"
_TLS = "certificates are always checked: name your own authority's file in SSL_CERT_FILE, and remove it"

FOREIGN = (
    # ------------------------------------------------------------------------------------------------------- the config
    Foreign(
        "the config",
        "variables are set where the gateway is started, and ${NAME:-default} gives one a default: remove it",
        "environment_variables",
    ),
    Foreign("the config", _GUARDRAILS, "guardrails policies"),
    Foreign("the config", _SECRETS, "credential_list"),
    Foreign("the config", _OWN_CALLBACKS, "callback_settings"),
    Foreign(
        "the config",
        _ROUTES,
        "mcp_servers mcp_tools mcp_aliases search_tools vector_store_registry prompts assistant_settings "
        "files_settings finetune_settings pass_through_endpoints agent_list",
    ),
    # ------------------------------------------------------------------------------------------------- litellm_settings
    Foreign(
        "litellm_settings",
        f"this changes nothing: {_LOGS}",
        "set_verbose telemetry json_logs suppress_debug_info turn_off_message_logging redact_user_api_key_info",
        refused=False,
    ),
    Foreign(
        "litellm_settings",
        "this changes nothing: there is nothing here that it could switch",
        "disable_end_user_cost_tracking disable_end_user_cost_tracking_prometheus_only disable_token_counter "
        "disable_hf_tokenizer_download disable_copilot_system_to_assistant disable_streaming_logging "
        "enable_loadbalancing_on_batch_endpoints disable_aiohttp_transport use_aiohttp_transport "
        "disable_add_transform_inline_image_block enable_key_alias_format_validation in_memory_llm_clients_cache_size",
        refused=False,
    ),
    Foreign("litellm_settings", _CACHE, "cache cache_params caching enable_redis_auth_cache default_in_memory_ttl"),
    Foreign(
        "litellm_settings",
        _OWN_CALLBACKS,
        "success_callback failure_callback service_callback service_callbacks input_callback audit_log_callbacks "
        "store_audit_logs langfuse_default_tags datadog_params s3_callback_params prometheus_metrics_config "
        "log_raw_request_response",
    ),
    Foreign(
        "litellm_settings",
        _GUARDRAILS,
        "guardrails pre_call_rules post_call_rules banned_keywords_list blocked_user_list llm_guard_mode "
        "llamaguard_model_name presidio_ad_hoc_recognizers output_parse_pii openai_moderations_model_name "
        "google_moderation_confidence_threshold enable_json_schema_validation",
    ),
    Foreign(
        "litellm_settings",
        _KEYS_AND_BUDGETS,
        "max_budget budget_duration max_user_budget max_internal_user_budget max_end_user_budget "
        "internal_user_budget_duration default_internal_user_params default_team_settings default_team_params "
        "default_key_generate_params upperbound_key_generate_params key_generation_settings tag_budget_config "
        "priority_reservation default_max_internal_user_budget max_end_user_budget_id",
    ),
    Foreign("litellm_settings", _FALLBACKS, "context_window_fallbacks content_policy_fallbacks default_fallbacks"),
    Foreign("litellm_settings", "num_retries counts for each request: write num_retries", "num_retries_per_request"),
    Foreign(
        "litellm_settings", "aliases stand in router_settings.model_group_alias: write them there", "model_alias_map"
    ),
    Foreign("litellm_settings", _PARAMETERS, "modify_params add_function_to_prompt"),
    Foreign(
        "litellm_settings",
        "this belongs to each model: write it in its litellm_params",
        "api_key api_base api_version headers organization",
    ),
    Foreign("litellm_settings", "addresses are taken as the resolver gives them: remove it", "force_ipv4"),
    Foreign("litellm_settings", _TLS, "ssl_verify ssl_certificate ssl_security_level", harmless=(True,)),
    Foreign(
        "litellm_settings",
        "/metrics needs the master key wherever there is one: remove it",
        "require_auth_for_metrics_endpoint",
        harmless=(True,),
    ),
    Foreign(
        "litellm_settings",
        "headers go neither from clients to providers nor back: remove it",
        "forward_traceparent_to_llm_provider return_response_headers model_group_settings",
    ),
    Foreign("litellm_settings", _ROUTES, "mcp_aliases public_model_groups ui_theme_config"),
    # ------------------------------------------------------------------------------------------------- general_settings
    Foreign(
        "general_settings",
        "this changes nothing: there is no database that it could spare",
        "disable_spend_logs disable_spend_updates disable_master_key_return disable_reset_budget "
        "disable_adding_master_key_hash_to_db disable_prisma_schema_update disable_error_logs proxy_batch_write_at "
        "proxy_budget_rescheduler_min_time proxy_budget_rescheduler_max_time proxy_batch_polling_interval "
        "user_api_key_cache_ttl allow_requests_on_db_unavailable",
        refused=False,
    ),
    Foreign(
        "general_settings",
        "this changes nothing: no model is called unless /health?probe=true asks, and there is no such page",
        "background_health_checks health_check_interval health_check_details ui_access_mode health_check_concurrency",
        refused=False,
    ),
    Foreign(
        "general_settings",
        _DATABASE,
        "database_url database_type database_args database_connection_pool_limit use_redis_transaction_buffer "
        "database_connection_timeout store_model_in_db store_prompts_in_spend_logs supported_db_objects "
        "maximum_spend_logs_retention_period maximum_spend_logs_retention_interval",
    ),
    Foreign(
        "general_settings",
        _ACCESS,
        "custom_auth custom_auth_settings custom_sso custom_key_generate enable_jwt_auth litellm_jwtauth "
        "enable_oauth2_auth enable_oauth2_proxy_auth oauth2_config_mappings allow_user_auth litellm_key_header_name "
        "allowed_routes admin_only_routes public_routes allowed_ips use_x_forwarded_for control_plane_url "
        "enforce_user_param enforced_params reject_clientside_metadata_tags service_account_settings "
        "default_team_disabled use_client_credentials_pass_through_routes user_header_name user_header_mappings",
    ),
    Foreign(
        "general_settings", _SECRETS, "key_management_system key_management_settings use_google_kms use_azure_key_vault"
    ),
    Foreign(
        "general_settings",
        _OWN_CALLBACKS,
        "alerting alerting_threshold alerting_args alert_types alert_to_webhook_url spend_report_frequency otel",
    ),
    Foreign(
        "general_settings",
        _MODELS,
        "completion_model image_generation_model embedding_model moderation_model infer_model_from_keys",
    ),
    Foreign(
        "general_settings",
        "write it in the litellm_params of each model it bounds, or write max_requests_in_flight here for all of "
        "a worker's",
        "max_parallel_requests",
    ),
    Foreign(
        "general_settings",
        "it is max_requests_in_flight here, and counts for each worker: write that",
        "global_max_parallel_requests",
    ),
    Foreign("general_settings", "it is max_body_bytes here, and counts bytes: write that", "max_request_size_mb"),
    Foreign("general_settings", "answers have no limit of size: remove it", "max_response_size_mb"),
    Foreign(
        "general_settings",
        "it is allowed_client_options here, a list: write [api_key, api_base]",
        "allow_client_side_credentials configurable_clientside_auth_params",
    ),
    Foreign(
        "general_settings",
        "headers of a client never reach a provider: remove it",
        "forward_openai_org_id forward_client_headers_to_llm_api forward_llm_provider_auth_headers",
    ),
    Foreign("general_settings", _ROUTES, "pass_through_endpoints user_mcp_management_mode enable_public_model_hub"),
    Foreign(
        "general_settings",
        "a stream ends with its usage where the client asks for it: remove it",
        "always_include_stream_usage",
    ),
    Foreign(
        "general_settings",
        _STRATEGY,
        "disable_responses_id_security disable_retry_on_max_parallel_request_limit_error token_rate_limit_type",
    ),
    Foreign("general_settings", "there is nothing to license: remove it", "litellm_license", refused=False),
    # -------------------------------------------------------------------------------------------------- router_settings
    Foreign("router_settings", f"this changes nothing: {_LOGS}", "set_verbose debug_level", refused=False),
    Foreign(
        "router_settings",
        "this changes nothing: there is nothing here that it could switch",
        "client_ttl polling_interval ignore_invalid_deployments",
        refused=False,
    ),
    Foreign(
        "router_settings", _SHARED_COUNTS, "redis_host redis_port redis_password redis_url redis_db redis_username"
    ),
    Foreign("router_settings", _CACHE, "cache_responses cache_kwargs caching_groups"),
    Foreign("router_settings", _FALLBACKS, "context_window_fallbacks content_policy_fallbacks default_fallbacks"),
    Foreign("router_settings", "write cooldown_time: 0", "disable_cooldowns"),
    Foreign(
        "router_settings",
        "timeout bounds a stream's first chunk and each wait for the next: write that",
        "stream_timeout",
    ),
    Foreign(
        "router_settings",
        "write it in the litellm_params of each model; a YAML anchor and << save words",
        "default_litellm_params default_max_parallel_requests",
    ),
    Foreign(
        "router_settings",
        "rpm, tpm and max_parallel_requests always hold, and no prompt is measured before the call: remove it",
        "enable_pre_call_checks enable_pre_call_check optional_pre_call_checks",
    ),
    Foreign(
        "router_settings",
        _STRATEGY,
        "allowed_fails_policy model_group_retry_policy retry_after max_fallbacks routing_strategy_args "
        "enable_tag_filtering tag_filtering_match_any default_priority enable_weighted_failover "
        "deployment_affinity_ttl_seconds router_general_settings",
    ),
    Foreign("router_settings", _KEYS_AND_BUDGETS, "provider_budget_config"),
    Foreign("router_settings", _OWN_CALLBACKS, "alerting_config"),
    Foreign("router_settings", _ROUTES, "assistants_config search_tools"),
    # --------------------------------------------------------------------------------------------------- litellm_params
    Foreign(
        "litellm_params",
        "retries count over the whole group: set num_retries in litellm_settings",
        "num_retries max_retries",
        harmless=(),
    ),
    Foreign(
        "litellm_params", "this is the client's to say: remove it", "messages prompt input image stream", harmless=()
    ),
    Foreign("litellm_params", "nobody is told a model's metadata: remove it, or send it in extra_body", "metadata"),
    Foreign("litellm_params", "this cannot be written in a file: remove it", "client"),
    Foreign(
        "litellm_params",
        "timeout bounds a stream's first chunk and each wait for the next: write that",
        "stream_timeout",
    ),
    Foreign(
        "litellm_params", "this counts for all models alike: write it in router_settings", "cooldown_time allowed_fails"
    ),
    Foreign("litellm_params", _STRATEGY, "tags region_name auto_router_config auto_router_default_model"),
    Foreign("litellm_params", _KEYS_AND_BUDGETS, "max_budget budget_duration"),
    Foreign("litellm_params", _GUARDRAILS, "guardrails"),
    Foreign("litellm_params", _CACHE, "cache caching ttl"),
    Foreign("litellm_params", _SECRETS, "litellm_credential_name"),
    Foreign("litellm_params", "write extra_headers: {OpenAI-Organization: …}", "organization"),
    Foreign(
        "litellm_params",
        "it is general_settings.allowed_client_options here: write [api_key, api_base] there",
        "configurable_clientside_auth_params",
    ),
    Foreign("litellm_params", _PARAMETERS, "additional_drop_params modify_params merge_reasoning_content_in_choices"),
    Foreign(
        "litellm_params",
        "prompts are not rewritten: the server's own template counts; remove it",
        "initial_prompt_value roles final_prompt_value bos_token eos_token supports_system_message",
    ),
    Foreign("litellm_params", _TLS, "ssl_verify", harmless=(True,)),
    Foreign(
        "litellm_params",
        "this changes nothing, and is not sent: every parameter passes on",
        "allowed_openai_params use_in_pass_through use_litellm_proxy set_verbose",
        refused=False,
    ),
    Foreign(
        "litellm_params",
        "this changes nothing, and is not sent: costs are counted by tokens alone",
        "input_cost_per_second output_cost_per_second input_cost_per_pixel output_cost_per_pixel "
        "input_cost_per_character output_cost_per_character output_cost_per_image",
        refused=False,
    ),
    # ------------------------------------------------------------------------------------------------------- model_info
    Foreign(
        "model_info",
        "this changes nothing: no route tells it",
        "base_model description version tier key db_model litellm_provider updated_at max_tokens "
        "max_input_tokens max_output_tokens output_vector_size updated_by created_at supports_vision "
        "supports_function_calling supports_tool_choice supports_parallel_function_calling supports_response_schema "
        "supports_system_messages supports_prompt_caching supports_reasoning supports_audio_input "
        "supports_audio_output supports_pdf_input supports_web_search created_by supports_assistant_prefill "
        "supports_embedding_image_input supported_openai_params supported_regions",
        refused=False,
    ),
    Foreign(
        "model_info",
        "this changes nothing: costs are counted by input_cost_per_token and output_cost_per_token alone",
        "input_cost_per_second output_cost_per_second input_cost_per_pixel output_cost_per_pixel "
        "input_cost_per_character output_cost_per_character output_cost_per_image input_cost_per_image "
        "cache_read_input_token_cost cache_creation_input_token_cost output_cost_per_reasoning_token "
        "input_cost_per_token_batches output_cost_per_token_batches input_cost_per_audio_token",
        refused=False,
    ),
    Foreign(
        "model_info",
        "this changes nothing: no model is called unless /health?probe=true asks",
        "health_check_model health_check_timeout disable_background_health_check",
        refused=False,
    ),
    Foreign("model_info", _ACCESS, "access_groups team_id team_public_model_name direct_access"),
)

BUILT_IN_CALLBACKS = {"prometheus": "this changes nothing: /metrics is always served, under names of its own"}
"""LiteLLM's callbacks that need no object here."""
