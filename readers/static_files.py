"""What browsers load: our own style and scripts, and two libraries that npm put beside them at set-up."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles

from readers.refusals import NotFound

HERE = Path(__file__).parent
LIBRARIES = {
    "echarts.min.js": "echarts/dist/echarts.min.js",
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
}
"""What is served of `readers/web/node_modules`, and nothing else of it."""
_DAY_SECONDS = 86_400


def mount(app: FastAPI) -> None:
    """`/static/…` is ours, `/library/…` is others'."""
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")

    def library(name: str) -> Response:
        path = HERE / "web" / "node_modules" / LIBRARIES.get(name, "-")
        if not path.is_file():
            raise NotFound(f"{name} 不在这里 · is not here", "在项目中运行 make web · Run `make web` in the project.")
        return FileResponse(path, headers={"Cache-Control": f"public, max-age={_DAY_SECONDS}"})

    app.add_api_route("/library/{name}", library, methods=["GET"], include_in_schema=False)
