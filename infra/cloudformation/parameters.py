"""The parameters of the template, and the environment variables that they become."""

from __future__ import annotations

from typing import Any

PARAMETERS: dict[str, dict[str, Any]] = {
    "SecretPrefix": {
        "Type": "String",
        "Default": "mailroom",
        "AllowedPattern": "[A-Za-z0-9/_+=.@-]{1,100}",
        "Description": "Name before the slash of each function's secret, such as mailroom/notify",
    },
    "Accounts": {"Type": "String", "Description": "Account ids that the endpoints know, comma-separated"},
    "GmailAccount": {"Type": "String", "Default": "", "Description": "Account of a Gmail push that names none"},
    "GmailAuth": {"Type": "String", "Default": "hmac", "AllowedValues": ["bearer", "hmac", "either", "both"]},
    "EmailEngineUrl": {"Type": "String", "Description": "Base URL of EmailEngine"},
    "EmailEngineFolders": {"Type": "String", "Default": "*"},
    "TelegramUrl": {"Type": "String", "Default": "https://api.telegram.org"},
    "TelegramChat": {"Type": "String", "Description": "Chat id of the forum group"},
    "TelegramTopics": {"Type": "String", "Default": "email=2,system=3"},
    "Language": {"Type": "String", "Default": "en", "AllowedValues": ["fr", "en"]},
    "Classifier": {"Type": "String", "Default": "rules", "AllowedValues": ["rules", "bedrock", "anthropic"]},
    "LlmModel": {"Type": "String", "Default": ""},
    "LlmUrl": {"Type": "String", "Default": "https://api.anthropic.com"},
    "LanguageLayers": {"Type": "String", "Default": "", "Description": "ARNs of the anonymize layers, with commas"},
    "SubnetIds": {"Type": "String", "Default": "", "Description": "Private subnets with commas, when in a VPC"},
    "SecurityGroupIds": {"Type": "String", "Default": "", "Description": "Security groups with commas"},
    "OffloadBucket": {
        "Type": "String",
        "Default": "",
        "AllowedPattern": "([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])?",
        "Description": "Bucket that files of links go to; empty: mail keeps its original links",
    },
    "OffloadEndpoint": {
        "Type": "String",
        "Default": "",
        "Description": "Endpoint of that bucket where it is not S3 of this account (R2, for one)",
    },
    "OffloadMax": {"Type": "String", "Default": "2147483648", "Description": "Bytes of an off-loaded file"},
    "PrivateTargets": {
        "Type": "String",
        "Default": "",
        "Description": "Hosts of webhooks and links that may be private: host or host:port[=address:port], with commas",
    },
    "ClearFieldHosts": {
        "Type": "String",
        "Default": "",
        "Description": "Hosts of webhooks that may get fields in clear: host or *.domain, with commas; empty: none",
    },
    "MissingMinutes": {
        "Type": "String",
        "Default": "15",
        "Description": "Minutes that a sealed mail may be without an end before the sweep looks for it",
    },
    "BacklogMessages": {
        "Type": "Number",
        "Default": 100,
        "MinValue": 1,
        "MaxValue": 1_000_000,
        "Description": "Messages in one queue above which its backlog is reported",
    },
    "BacklogSeconds": {
        "Type": "Number",
        "Default": 900,
        "MinValue": 60,
        "Description": "Age of a queue's oldest message before its alarm",
    },
    "RetentionDays": {
        "Type": "String",
        "Default": "",
        "Description": "Days of mail by account: practice=365,personal=90",
    },
    "OriginalRetentionDays": {
        "Type": "String",
        "Default": "",
        "Description": "The same for the sealed originals alone",
    },
    "GmailHeartbeat": {
        "Type": "String",
        "Default": "no",
        "AllowedValues": ["yes", "no"],
        "Description": "yes: the pusher sends heartbeats, and 15 minutes without any sign of it are an alarm",
    },
    "RateSender": {"Type": "String", "Default": "600:1000", "Description": "Mails a minute and at once, one sender"},
    "RateTotal": {"Type": "String", "Default": "6000:6000", "Description": "Mails a minute and at once, all endpoints"},
    "SpoolDays": {"Type": "Number", "Default": 30, "MinValue": 15, "Description": "Days that sealed mail is kept"},
}

SETTINGS = {
    "MAILROOM_ACCOUNTS": "Accounts",
    "MAILROOM_GMAIL_ACCOUNT": "GmailAccount",
    "MAILROOM_GMAIL_AUTH": "GmailAuth",
    "MAILROOM_EMAILENGINE_URL": "EmailEngineUrl",
    "MAILROOM_EMAILENGINE_FOLDERS": "EmailEngineFolders",
    "MAILROOM_TELEGRAM_URL": "TelegramUrl",
    "MAILROOM_TELEGRAM_CHAT": "TelegramChat",
    "MAILROOM_TELEGRAM_TOPICS": "TelegramTopics",
    "MAILROOM_LANGUAGE": "Language",
    "MAILROOM_CLASSIFIER": "Classifier",
    "MAILROOM_LLM_MODEL": "LlmModel",
    "MAILROOM_LLM_URL": "LlmUrl",
    "MAILROOM_OFFLOAD_BUCKET": "OffloadBucket",
    "MAILROOM_OFFLOAD_ENDPOINT": "OffloadEndpoint",
    "MAILROOM_OFFLOAD_MAX": "OffloadMax",
    "MAILROOM_PRIVATE_TARGETS": "PrivateTargets",
    "MAILROOM_CLEAR_FIELD_HOSTS": "ClearFieldHosts",
    "MAILROOM_MISSING_MINUTES": "MissingMinutes",
    "MAILROOM_BACKLOG_MESSAGES": "BacklogMessages",
    "MAILROOM_RETENTION": "RetentionDays",
    "MAILROOM_ORIGINAL_RETENTION": "OriginalRetentionDays",
    "MAILROOM_RATE_SENDER": "RateSender",
    "MAILROOM_RATE_TOTAL": "RateTotal",
    "MAILROOM_BUCKET": "Spool",
    "MAILROOM_KMS_KEY": "SpoolKey",
}
"""Environment variable → the parameter or resource that it refers to."""
