"""The table of contents: HTTP blueprints, then the queue and schedule handlers in pipeline order.

The decorators alone describe each trigger, so that `chalice deploy` is safe: batch size 1 and a raised
exception. The packaged template raises the batch size and sets `FunctionResponseTypes` in the same place
(see `infra/cloudformation/template.py`). All else about a function is its row in `chalicelib/bootstrap/functions.py`.
"""

from __future__ import annotations

from chalice.app import Chalice, CloudWatchEvent, SQSEvent

from chalicelib.bootstrap import handlers
from chalicelib.bootstrap.functions import schedule
from chalicelib.core import stages
from chalicelib.sources.emailengine import endpoint as emailengine
from chalicelib.sources.gmail_push import endpoint as gmail
from chalicelib.web import admin, dead_letter_routes, exclusion_routes, http, policy_routes
from chalicelib.web.dashboard import routes as dashboard
from chalicelib.web.openapi import routes as openapi

app = Chalice(app_name=stages.SERVICE, configure_logs=False)
app.register_middleware(http.finish, "http")
ENDPOINTS = (gmail, emailengine, admin, dead_letter_routes, exclusion_routes, policy_routes, dashboard)
for endpoint in ENDPOINTS:
    app.register_blueprint(endpoint.routes)
DOCUMENTED = [endpoint.rows for endpoint in ENDPOINTS]
app.register_blueprint(openapi.serving(DOCUMENTED))


@app.on_sqs_message(queue=stages.stage("anonymize").queue, batch_size=1, name="anonymize")
def anonymize(event: SQSEvent) -> object:
    return handlers.run_stage("anonymize", event.to_dict(), event.context)


@app.on_sqs_message(queue=stages.stage("classify").queue, batch_size=1, name="classify")
def classify(event: SQSEvent) -> object:
    return handlers.run_stage("classify", event.to_dict(), event.context)


@app.on_sqs_message(queue=stages.stage("store").queue, batch_size=1, name="store")
def store(event: SQSEvent) -> object:
    return handlers.run_stage("store", event.to_dict(), event.context)


@app.on_sqs_message(queue=stages.stage("notify").queue, batch_size=1, name="notify")
def notify(event: SQSEvent) -> object:
    return handlers.run_stage("notify", event.to_dict(), event.context)


@app.on_sqs_message(queue=stages.stage("offload").queue, batch_size=1, name="offload")
def offload(event: SQSEvent) -> object:
    return handlers.run_stage("offload", event.to_dict(), event.context)


@app.on_sqs_message(queue=stages.stage("deliver").queue, batch_size=1, name="deliver")
def deliver(event: SQSEvent) -> object:
    return handlers.run_stage("deliver", event.to_dict(), event.context)


@app.on_sqs_message(queue=stages.stage("alert").queue, batch_size=1, name="alert")
def alert(event: SQSEvent) -> object:
    return handlers.run_stage("alert", event.to_dict(), event.context)


@app.schedule(schedule("sweep"), name="sweep")
def sweep(event: CloudWatchEvent) -> object:
    return handlers.run_schedule("sweep", event.to_dict(), event.context)


@app.schedule(schedule("retention"), name="retention")
def retention(event: CloudWatchEvent) -> object:
    return handlers.run_schedule("retention", event.to_dict(), event.context)


@app.schedule(schedule("reconcile"), name="reconcile")
def reconcile(event: CloudWatchEvent) -> object:
    return handlers.run_schedule("reconcile", event.to_dict(), event.context)
