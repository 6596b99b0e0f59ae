"""Take the README's picture of a report: verdict and time figure, as a browser shows them.

earwitness analyze examples/spliced-italian.flac --out demo
python tools/report_picture.py demo/report.html docs/images/report.png
"""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

WIDTH, MOST_BYTES = 1280, 400_000


def main(page_file: str, picture: str) -> None:
    """Open the page, and keep what stands above the player's lower edge."""
    arguments = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=arguments)
        page = browser.new_page(viewport={"width": WIDTH, "height": 900}, color_scheme="light")
        page.goto(Path(page_file).resolve().as_uri())
        player = page.locator("article .player").first.bounding_box()
        page.set_viewport_size({"width": WIDTH, "height": round(player["y"] + player["height"]) + 8})
        # The playhead stands in the middle of what differs, where there is such a stretch.
        starts = page.locator(".segments .hear")
        if starts.count():
            page.locator(".seek").first.focus()
            page.keyboard.press("]")
            page.locator(".seek").first.blur()
        content = page.screenshot(path=picture)
        browser.close()
    if len(content) > MOST_BYTES:
        sys.exit(f"{picture} has {len(content)} bytes, more than {MOST_BYTES}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
