// Walks through the checkout in a real browser against a running devnet: `npm run test:e2e`, after `npm run build`.
import { existsSync, mkdirSync } from "node:fs";
import { chromium, type Page } from "playwright-core";
import { privateKeyToAddress } from "viem/accounts";
import { loadEnv, preview } from "vite";
import { readSettings } from "../src/koma/settings.ts";
import type { Currency } from "../src/order.ts";
import { findChromium, launchFlags, noBrowser } from "./browser.ts";
import { whyNotPay } from "./funds.ts";

/** A block a second and some blocks to be final; the rest is for slow machines. */
const FINAL_WITHIN_MS = 120_000;

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  const settings = readSettings(loadEnv("production", process.cwd(), "VITE_"));
  if (!settings.devKey) throw new Error("VITE_DEV_KEY is missing in .env.local: no account can pay.");
  const obstacle = await whyNotPay(settings, privateKeyToAddress(settings.devKey));
  if (obstacle) throw new Error(obstacle);
  if (!existsSync("dist/index.html")) throw new Error("The page is not built yet: npm run build");
  const executablePath = findChromium(process.env);
  if (!executablePath) throw new Error(noBrowser(process.env));

  mkdirSync("e2e/screenshots", { recursive: true });
  const server = await preview({ preview: { port: 0, host: "127.0.0.1" } });
  try {
    const url = server.resolvedUrls?.local[0];
    if (!url) throw new Error("vite preview gave no address.");
    // Every launch has a user data folder of its own, removed with the browser.
    const browser = await chromium.launch({ executablePath, args: launchFlags() });
    try {
      const page = await browser.newPage({ viewport: { width: 420, height: 900 } });
      await page.goto(url);
      for (const currency of ["KMC", "dUSD"] as const) await payIn(page, settings.rpcUrl, currency);
    } finally {
      await browser.close();
    }
  } finally {
    await server.close();
  }
}

/** Pays, with the node out of reach for a moment once the payment has left the page. */
async function payIn(page: Page, rpcUrl: string, currency: Currency): Promise<void> {
  const { origin } = new URL(rpcUrl);
  const isRpc = (url: URL) => url.origin === origin;
  let gone = false;
  await page.route(isRpc, async (route) => {
    if (gone) return route.abort();
    gone = route.request().postData()?.includes("eth_sendRawTransaction") ?? false;
    return route.continue();
  });
  const pay = page.getByTestId("pay");
  await page.getByRole("radio", { name: currency }).check();
  try {
    await pay.click({ timeout: FINAL_WITHIN_MS });
    await page.getByText("do not pay again").waitFor({ timeout: FINAL_WITHIN_MS });
    await page.unroute(isRpc);
    await page.locator("section.final").waitFor({ timeout: FINAL_WITHIN_MS });
  } catch (cause) {
    await page.screenshot({ path: `e2e/screenshots/${currency}-not-final.png` });
    const shown = (await page.locator("main").innerText()).replaceAll(/\s+/g, " ");
    throw new Error(`The payment in ${currency} was not final after ${FINAL_WITHIN_MS} ms; the page says: ${shown}`, { cause });
  }
  await page.screenshot({ path: `e2e/screenshots/${currency}.png` });
  process.stdout.write(`paid in ${currency}: final at ${await page.getByTestId("confidence").textContent()}\n`);
  if (await pay.isEnabled()) throw new Error(`After its payment in ${currency} was final the order could be paid again.`);
  await page.getByTestId("new-order").click();
}
