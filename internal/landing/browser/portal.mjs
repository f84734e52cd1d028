// Signs in to the portal of a running demo at phone width, by the mail in the
// demo's mail server, and complains of what axe or the console does not like.
// Usage: node portal.mjs PORTAL-URL MAILS-URL EMAIL [DIRECTORY FOR PICTURES]
import fs from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const [base, mails, email, pictures] = process.argv.slice(2);
const axe = fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: ["--no-sandbox"] });
const context = await browser.newContext({ viewport: { width: 390, height: 850 } });
const page = await context.newPage();
const complaints = [];
page.on("console", (m) => m.text().includes("401") || complaints.push(`console: ${m.text()}`));
page.on("pageerror", (e) => complaints.push(e.message));

async function look(where) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (wide > 0) complaints.push(`${where}: ${wide}px too wide`);
  const session = await context.newCDPSession(page);
  await session.send("Runtime.evaluate", { expression: axe });
  const { result } = await session.send("Runtime.evaluate", { expression: "axe.run().then((r) => JSON.stringify(r.violations))", awaitPromise: true, returnByValue: true });
  for (const v of JSON.parse(result.value)) complaints.push(`${where}: axe: ${v.id} (${v.impact}): ${v.nodes[0].html}`);
  if (pictures) await page.screenshot({ path: `${pictures}/portal-${where}.png`, fullPage: true });
}

await page.goto(`${base}/portal`);
await page.getByLabel("Your e-mail address").fill(email);
await look("ask");
await page.getByRole("button", { name: "Send me a link" }).click();
await page.getByRole("heading", { name: "Look into your mail" }).waitFor();
await look("code");
let link = "";
for (let i = 0; i < 40 && !link; i++) {
  await page.waitForTimeout(500);
  const list = await (await fetch(mails)).text();
  const row = list.split("<tr>").find((r) => r.includes(email) && r.includes("Your sign-in link"));
  const number = row?.match(/href="\/(\d+)"/)?.[1];
  if (number) link = (await (await fetch(`${mails}/${number}/raw`)).text()).replaceAll("=\r\n", "").replaceAll("=\n", "").replaceAll("=3D", "=").match(/http:\/\/\S+\/portal\/enter#[A-Za-z0-9_-]+/)?.[0] ?? "";
}
if (!link) throw new Error("no mail came");
await page.goto("about:blank");
await page.goto(link);
await page.getByRole("button", { name: "Sign in" }).click();
await page.getByText(`Signed in as ${email}`).waitFor();
await look("home");
const file = page.getByRole("link", { name: "PDF" }).first();
const pdf = await context.request.get(new URL(await file.getAttribute("href"), base).href);
const bytes = await pdf.body();
if (pdf.status() !== 200 || bytes.subarray(0, 5).toString() !== "%PDF-") complaints.push(`statement: ${pdf.status()}`);
if (pictures) fs.writeFileSync(`${pictures}/statement.pdf`, bytes);
await browser.close();
for (const c of complaints) console.log(c);
console.log(complaints.length ? "complaints" : "signed in, read, clean");
process.exit(complaints.length ? 1 : 0);
