// Walks through the checkout in a real browser against a running devnet: `npm run test:e2e`, after `npm run build`.
import { existsSync, mkdirSync } from "node:fs";
import { chromium } from "playwright-core";
import { preview } from "vite";

const executablePath = ["/usr/bin/chromium", "/usr/bin/google-chrome", process.env["CHROMIUM"] ?? ""].find(
  (path) => path !== "" && existsSync(path),
);
if (!executablePath) throw new Error("No browser found: install chromium, or name one in CHROMIUM.");

const server = await preview({ preview: { port: 0, host: "127.0.0.1" } });
const url = server.resolvedUrls?.local[0];
if (!url) throw new Error("vite preview gave no address.");
const browser = await chromium.launch({
  executablePath,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
try {
  const page = await browser.newPage({ viewport: { width: 420, height: 900 } });
  mkdirSync("e2e/screenshots", { recursive: true });
  for (const currency of ["KMC", "dUSD"]) {
    await page.goto(url);
    const choice = page.getByRole("radio", { name: currency });
    if (await choice.isDisabled()) continue;
    await choice.check();
    await page.getByTestId("pay").click();
    await page.waitForSelector('section.final [data-testid="confidence"]', { timeout: 30_000 });
    await page.screenshot({ path: `e2e/screenshots/${currency}.png` });
    process.stdout.write(`paid in ${currency}: final at ${await page.getByTestId("confidence").textContent()}\n`);
  }
} finally {
  await browser.close();
  await server.close();
}
