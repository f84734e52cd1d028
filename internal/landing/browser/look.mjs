// Opens a page at phone and desk width, light and dark, and complains of what
// axe, the console or the security policy does not like, and of what is wider
// than the window. Usage: node look.mjs URL [DIRECTORY FOR PICTURES]
import fs from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const [url, pictures] = process.argv.slice(2);
const axe = fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const picture = `<svg xmlns="http://www.w3.org/2000/svg" width="800" height="800"><rect width="800" height="800" fill="#b98060"/><circle cx="400" cy="420" r="200" fill="#0004"/></svg>`;
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: ["--no-sandbox"] });
const complaints = [];
for (const width of [390, 1280]) {
  for (const colorScheme of ["light", "dark"]) {
    const where = `${width}px ${colorScheme}`;
    const context = await browser.newContext({ viewport: { width, height: 850 }, colorScheme });
    const page = await context.newPage();
    page.on("console", (m) => m.text().includes("favicon") || complaints.push(`${where}: console: ${m.text()}`));
    page.on("pageerror", (e) => complaints.push(`${where}: ${e.message}`));
    page.on("request", (r) => {
      const host = new URL(r.url()).host;
      if (host !== new URL(url).host && host !== "shop.example.com") complaints.push(`${where}: asks ${host}`);
    });
    await page.route("https://shop.example.com/**", (r) => r.fulfill({ contentType: "image/svg+xml", body: picture }));
    await page.goto(url, { waitUntil: "networkidle" });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (wide > 0) complaints.push(`${where}: ${wide}px too wide`);
    if ((await page.locator(".clock b").count()) !== 4) complaints.push(`${where}: the clock does not run`);
    // The page's own policy lets no script in; the protocol does.
    const session = await context.newCDPSession(page);
    await session.send("Runtime.evaluate", { expression: axe });
    const { result } = await session.send("Runtime.evaluate", { expression: "axe.run().then((r) => JSON.stringify(r.violations))", awaitPromise: true, returnByValue: true });
    for (const v of JSON.parse(result.value)) complaints.push(`${where}: axe: ${v.id} (${v.impact}): ${v.nodes[0].html}`);
    if (pictures) await page.screenshot({ path: `${pictures}/${width}-${colorScheme}.png`, fullPage: true });
    await context.close();
  }
}
await browser.close();
for (const c of complaints) console.log(c);
process.exit(complaints.length ? 1 : 0);
