// The HTML report in a real browser: nothing leaves the page's width, nothing is fetched, nothing is an error, axe-core finds nothing serious, and the
// filters and traces work.
//
//     node bench/report_in_browser.mjs CLEARANCE [--screenshots FOLDER]
//
// Takes playwright-core and axe-core from npm into target/bench/browser, and the Chromium that is installed (CHROMIUM names another one).
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const PACKAGES = ["playwright-core@1.65.1", "axe-core@4.14.1"];
const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const CACHE = join(ROOT, "target", "bench", "browser");

const [program, ...options] = process.argv.slice(2);
if (!program) {
  console.error("usage: node bench/report_in_browser.mjs CLEARANCE [--screenshots FOLDER]");
  process.exit(2);
}
const at = options.indexOf("--screenshots");
const screenshots = at >= 0 ? resolve(options[at + 1]) : null;

const problems = [];
const expect = (holds, what) => {
  if (!holds) problems.push(what);
};

function prepare() {
  mkdirSync(CACHE, { recursive: true });
  const wanted = PACKAGES.every((name) => {
    const [pack, version] = name.split("@");
    const file = join(CACHE, "node_modules", pack, "package.json");
    return existsSync(file) && JSON.parse(readFileSync(file)).version === version;
  });
  if (!wanted) {
    execFileSync("npm", ["install", "--silent", "--no-audit", "--no-fund", "--no-save", "--prefix", CACHE, ...PACKAGES], {
      stdio: "inherit",
    });
  }
  const require = createRequire(join(CACHE, "package.json"));
  return { chromium: require("playwright-core").chromium, axe: readFileSync(require.resolve("axe-core/axe.min.js"), "utf8") };
}

function report() {
  const file = join(CACHE, "storefront.html");
  try {
    execFileSync(resolve(program), ["check", "examples/storefront", "--quiet", "--exit-zero", "--no-cache", "--output", file], {
      cwd: ROOT,
      stdio: "ignore",
    });
  } catch (error) {
    console.error(`the report could not be made: ${error.message}`);
    process.exit(3);
  }
  const size = statSync(file).size;
  expect(size < 1 << 20, `the report has ${size} bytes`);
  return pathToFileURL(file).href;
}

/** A page that listens for everything that must not happen. */
async function open(browser, url, options, name) {
  const page = await browser.newPage(options);
  page.on("console", (message) => expect(message.type() !== "error", `${name}: console: ${message.text()}`));
  page.on("pageerror", (error) => expect(false, `${name}: ${error.message}`));
  page.on("request", (request) => expect(request.url() === url, `${name}: request for ${request.url()}`));
  await page.goto(url);
  return page;
}

/** Each colour scheme and each width is inspected once by axe-core, which takes most of the time. */
const LOOKS = [
  { width: 360, scheme: "light", checked: false },
  { width: 360, scheme: "dark", checked: true },
  { width: 1600, scheme: "light", checked: true },
  { width: 1600, scheme: "dark", checked: false },
];

async function look(browser, url, axe, { width, scheme, checked }) {
  const name = `${width} ${scheme}`;
  const viewport = { width, height: 900 };
  // The page's policy forbids what is put in from outside, axe-core too; it holds in `policies` below.
  const page = await open(browser, url, { viewport, colorScheme: scheme, reducedMotion: "reduce", bypassCSP: true }, name);
  await page.evaluate(() => document.querySelectorAll("details").forEach((details) => (details.open = true)));
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(wide <= 0, `${name}: the page is ${wide} pixels wider than the window`);
  if (checked) await inspect(page, axe, name);
  if (screenshots) {
    mkdirSync(screenshots, { recursive: true });
    await page.screenshot({ path: join(screenshots, `${width}-${scheme}.png`) });
  }
  await page.close();
}

async function inspect(page, axe, name) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  for (const violation of found.violations.filter((one) => ["serious", "critical"].includes(one.impact))) {
    const nodes = violation.nodes.slice(0, 3).map((node) => `${node.target}: ${node.failureSummary?.split("\n").slice(1, 2)}`);
    expect(false, `${name}: ${violation.id}: ${violation.nodes.length} × ${violation.help}\n    ${nodes.join("\n    ")}`);
  }
}

async function use(browser, url) {
  const page = await open(browser, url, { viewport: { width: 1280, height: 900 }, reducedMotion: "reduce" }, "use");
  const shown = () => page.locator('[data-item="finding"]:visible').count();
  const everything = await shown();
  expect(everything > 20, `only ${everything} findings are shown`);
  const form = page.locator('form[data-filters="finding"]');

  await form.getByRole("searchbox").fill("sql-injection");
  const some = await shown();
  expect(some > 0 && some < everything, `the text filter shows ${some} of ${everything}`);
  expect((await form.getByRole("status").textContent()) === `${some} of ${everything} shown`, "the filter says what it shows");
  await form.getByRole("button", { name: "Reset" }).click();
  await page.waitForFunction((all) => document.querySelectorAll('[data-item="finding"]:not([hidden])').length === all, everything);

  await form.getByRole("checkbox", { name: "medium" }).uncheck();
  expect((await page.locator('[data-item="finding"][data-severity="medium"]:visible').count()) === 0, "medium findings are hidden");
  await form.getByLabel("Status").selectOption("accepted");
  expect((await page.locator('[data-item="finding"][data-status="blocks"]:visible').count()) === 0, "only accepted ones are shown");
  await page.locator('form[data-filters="route"]').getByRole("searchbox").fill("POST");
  const routes = await page.locator('[data-item="route"]:visible').count();
  expect(routes > 0 && routes < (await page.locator('[data-item="route"]').count()), `the filter shows ${routes} routes`);
  // A link to something hidden brings it back.
  await page.evaluate(() => (location.hash = "#finding-1"));
  await page.locator("#finding-1").waitFor({ state: "visible" });

  const trace = page.locator(`[data-trace="${await page.locator(".trace.stepping").first().getAttribute("data-trace")}"]`);
  const code = () => trace.locator(".step-code:visible").count();
  const where = () => trace.getByRole("status").textContent();
  const steps = await trace.locator(".step").count();
  expect((await where()) === `Step 1 of ${steps}`, `the trace begins with ${await where()}`);
  expect((await code()) === 1, "one step shows its code");
  await trace.getByRole("button", { name: /^Next/ }).click();
  expect((await where()) === `Step 2 of ${steps}`, `after Next it is ${await where()}`);
  await page.keyboard.press("End");
  expect((await where()) === `Step ${steps} of ${steps}`, `End leads to ${await where()}`);
  expect(await trace.getByRole("button", { name: /^Next/ }).isDisabled(), "there is nothing after the last step");
  await page.keyboard.press("ArrowLeft");
  expect((await where()) === `Step ${steps - 1} of ${steps}`, `the left arrow leads to ${await where()}`);
  await trace.getByRole("button", { name: /^All steps/ }).click();
  expect((await code()) === steps, "all steps show their code");

  // The page can be walked through with the keyboard alone.
  await page.goto(url);
  await page.keyboard.press("Tab");
  expect((await page.evaluate(() => document.activeElement.className)) === "skip", "the first stop is the skip link");
  await page.keyboard.press("Enter");
  expect((await page.evaluate(() => document.activeElement.id)) === "main", "the skip link leads to the report");
  await page.close();
}

/** A link leads to its target, however much of the page before it was never drawn. */
async function links(browser, url) {
  for (const width of [360, 1600]) {
    for (const id of ["finding-20", "map", "files"]) {
      const page = await open(browser, url, { viewport: { width, height: 900 } }, `link to ${id}`);
      await page.evaluate((to) => (location.hash = `#${to}`), id);
      await page.waitForTimeout(600);
      const top = await page.evaluate((to) => document.getElementById(to).getBoundingClientRect().top, id);
      expect(top >= 0 && top < 60, `${width}: the link to ${id} ends ${Math.round(top)} pixels from it`);
      await page.close();
    }
  }
}

/** Without script everything is there, and nothing is offered that could not work. */
async function plain(browser, url) {
  const page = await open(browser, url, { viewport: { width: 800, height: 900 }, javaScriptEnabled: false }, "no script");
  expect((await page.locator("form:visible").count()) === 0, "filters are hidden without script");
  const [hidden, steps] = [await page.locator("article .step-code:not(:visible)").count(), await page.locator("article .step-code").count()];
  expect(hidden === 0 && steps > 10, `${hidden} of ${steps} steps hide their code without script`);
  await page.close();
}

/** The policy of the page lets nothing in. */
async function policies(browser, url) {
  const page = await browser.newPage();
  await page.goto(url);
  const refused = await page.evaluate(
    () =>
      new Promise((done) => {
        const seen = [];
        addEventListener("securitypolicyviolation", (event) => {
          seen.push(event.effectiveDirective);
          if (seen.length === 3) done(seen.sort().join(" "));
        });
        setTimeout(() => done(`only ${seen.join(" ")}`), 3000);
        const script = document.createElement("script");
        script.textContent = "window.ran = true";
        const image = document.createElement("img");
        image.src = "https://127.0.0.1:9/x.png";
        const style = document.createElement("style");
        style.textContent = "body { color: red }";
        document.body.append(script, image, style);
      }),
  );
  expect(refused === "img-src script-src-elem style-src-elem", `the policy refuses ${refused}`);
  expect(!(await page.evaluate(() => window.ran)), "a script from outside ran");
  await page.close();
}

const { chromium, axe } = prepare();
const url = report();
const executablePath = process.env.CHROMIUM ?? ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
if (!executablePath) {
  console.error("no Chromium found; install the package chromium or set CHROMIUM");
  process.exit(3);
}
// The report is our own, and nothing else is loaded: the sandbox of the browser is for what is not.
const browser = await chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] });
try {
  const tasks = [...LOOKS.map((one) => () => look(browser, url, axe, one)), () => use(browser, url), () => links(browser, url), () => plain(browser, url), () => policies(browser, url)];
  for (const task of tasks) {
    const begun = Date.now();
    await task();
    if (process.env.TIMES) console.log(`${Date.now() - begun} ms`);
  }
} finally {
  await browser.close();
}
for (const problem of problems) console.error(`report in browser: ${problem}`);
console.log(problems.length ? `${problems.length} problems` : "The report looks and works as it should at 360 and 1600 pixels, in light and dark.");
process.exit(problems.length ? 1 : 0);
