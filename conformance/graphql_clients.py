"""Asks the GraphQL door with the Python client gql, and with a client that ariadne-codegen makes of the schema.

    graphql_clients.py SCHEMA       with ATR_URL and ATR_KEY
"""
import asyncio
import importlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from gql import Client, gql
from gql.transport.aiohttp_websockets import AIOHTTPWebsocketsTransport
from gql.transport.exceptions import TransportQueryError
from gql.transport.httpx import HTTPXAsyncTransport
from service import check, end

url, key = os.environ["ATR_URL"], os.environ["ATR_KEY"]
sockets = url.replace("http", "ws", 1) + "/graphql/ws"
bearer = {"Authorization": f"Bearer {key}"}

DOCUMENTS = """
query Traces($first: Int!, $after: String) {
  traces(first: $first, after: $after) {
    edges { node { id answer confidence steps { ordinal text } model { name } } }
    pageInfo { hasNextPage endCursor }
  }
}
query Facts { facts(first: 3) { edges { node { id statement source { title } } } } }
mutation Expert($input: CreateExpertInput!) { createExpert(input: $input) { status field message expert { handle } } }
subscription Work { taskProgress { open { stage state tasks } rates { stage perMinute } } }
"""


async def with_gql():
    async with Client(transport=HTTPXAsyncTransport(url + "/graphql", headers=bearer), fetch_schema_from_transport=True) as session:
        document = gql("query ($first: Int!) { traces(first: $first) { edges { node { id } } } }")
        found = await session.execute(document, variable_values={"first": 2})
        check("gql reads the schema and a page", [] if len(found["traces"]["edges"]) == 2 else [str(found)])
        try:
            wrong = [str(await session.execute(document, variable_values={"first": -1}))]
        except TransportQueryError as error:
            wrong = [] if error.errors[0]["extensions"] == {"code": "BAD_USER_INPUT", "field": "first"} else [str(error)]
        check("gql is told the code of what is wrong", wrong)
    # Its other transport for sockets reads the names of headers as if their case told them apart, and takes the subprotocol
    # for an older one.
    transport = AIOHTTPWebsocketsTransport(sockets, init_payload={"authorization": bearer["Authorization"]})
    async with Client(transport=transport) as session:
        async for event in session.subscribe(gql("subscription { taskProgress { open { stage } } }")):
            check("gql is told of open work", [] if isinstance(event["taskProgress"]["open"], list) else [str(event)])
            break


async def with_generated(folder):
    sys.path.insert(0, folder)
    made = importlib.import_module("made")
    async with made.Client(url + "/graphql", headers=bearer, ws_url=sockets,
                           ws_connection_init_payload={"authorization": bearer["Authorization"]}) as client:
        pages, after = [], None
        while len(pages) < 3:
            page = (await client.traces(first=2, after=after)).traces
            pages.append([edge.node.id for edge in page.edges])
            after = page.page_info.end_cursor
        ids = [trace for page in pages for trace in page]
        check("a generated client turns pages", [] if len(set(ids)) == 6 else [str(pages)])
        facts = (await client.facts()).facts.edges
        check("it reads what belongs to a fact", [] if facts and all(edge.node.source.title for edge in facts) else [str(facts)])
        wanted = made.CreateExpertInput(handle="not a handle", weekly_capacity=5)
        refused = (await client.expert(input=wanted)).create_expert
        told = (refused.status, refused.field, refused.expert)
        check("it is told a refusal as data", [] if told == (made.MutationStatus.INVALID, "handle", None) else [str(refused)])
        events = client.work()
        event = await anext(events)
        check("it follows open work", [] if isinstance(event.task_progress.open, list) else [str(event)])
        await events.aclose()


with tempfile.TemporaryDirectory() as folder:
    Path(folder, "documents.graphql").write_text(DOCUMENTS)
    Path(folder, "pyproject.toml").write_text(
        f'[tool.ariadne-codegen]\nschema_path = "{Path(sys.argv[1]).resolve()}"\nqueries_path = "documents.graphql"\n'
        'target_package_name = "made"\ninclude_comments = "none"\n'
        '[tool.ariadne-codegen.scalars.DateTime]\ntype = "datetime.datetime"\n')
    generator = Path(sys.executable).with_name("ariadne-codegen")
    made = subprocess.run([generator], cwd=folder, capture_output=True, text=True)
    check("ariadne-codegen makes a client of the schema", [made.stdout[-500:] + made.stderr[-2000:]] if made.returncode else [])
    asyncio.run(with_gql())
    if made.returncode == 0:
        asyncio.run(with_generated(folder))
end()
