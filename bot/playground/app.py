"""The server: Slack's addresses and the page's, on the loopback address only.

A request must name this host; one from a browser must come from this very page. Everything else is refused: a web
page elsewhere that guesses our port can do nothing.
"""

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.playground import response_urls, web_api
from bot.playground.page_api import add_page
from bot.playground.standin import Standin
from bot.playground.words import TEAM_ID

HOST = "127.0.0.1"
LARGEST_BODY = 20 * 1024 * 1024
FORBIDDEN = 403


def _guard(slack: Standin) -> Middleware:
    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        port = slack.url.rstrip("/").rpartition(":")[2]
        hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
        origin = request.headers.get("Origin")
        if request.host not in hosts or (origin is not None and origin.removeprefix("http://") not in hosts):
            return web.Response(status=FORBIDDEN, text="This address is for this machine's own page only.\n")
        return await handler(request)

    return guard


def make_app(slack: Standin) -> web.Application:
    """Give the application for this stand-in."""
    app = web.Application(middlewares=[_guard(slack)], client_max_size=LARGEST_BODY)

    async def api(request: web.Request) -> web.StreamResponse:
        return await web_api.serve(slack, request)

    async def response_url(request: web.Request) -> web.StreamResponse:
        return await response_urls.serve(slack, request)

    async def socket(request: web.Request) -> web.StreamResponse:
        if not slack.tickets.connect(request.query.get("ticket", "")):
            return web.Response(status=FORBIDDEN, text="This ticket is spent or unknown.\n")
        return await slack.courier.sockets.serve(request)

    async def upload(request: web.Request) -> web.StreamResponse:
        return await _uploaded(slack, request)

    app.router.add_route("*", "/api/{method}", api)
    app.router.add_post("/response/{id}", response_url)
    app.router.add_get("/socket", socket)
    app.router.add_post("/upload/{ticket}", upload)
    add_page(slack, app)
    return app


async def _uploaded(slack: Standin, request: web.Request) -> web.StreamResponse:
    """Take the bytes of a file, plain or as the one part of a form."""
    waiting = slack.uploads.get(request.match_info["ticket"])
    if waiting is None or waiting["uploaded"]:
        return web.Response(status=404, text="unknown upload")
    if request.content_type == "multipart/form-data":
        parts = [part for part in (await request.post()).values() if isinstance(part, web.FileField)]
        content = parts[0].file.read() if parts else b""
    else:
        content = await request.read()
    if len(content) != waiting["size"]:
        return web.Response(status=400, text=f"expected {waiting['size']} bytes for {TEAM_ID}")
    waiting |= {"uploaded": True, "content": content.decode(errors="replace")}
    return web.Response(text=f"OK - {len(content)}")


async def listen(slack: Standin, app: web.Application, port: int = 0) -> web.AppRunner:
    """Start to listen; with port 0 wherever there is room."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    site = web.TCPSite(runner, HOST, port)
    await site.start()
    taken = runner.addresses[0][1]
    slack.url = f"http://{HOST}:{taken}/"
    return runner
