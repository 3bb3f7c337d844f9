// `make screenshots`: the dashboard in light and dark, as it stands in the documents.
// node screenshots.mjs FOLDER [PAGE,PAGE…]
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { launch } from './browser.mjs';
import { signIn } from './people.mjs';
import { serve } from './served.mjs';

const WIDTH = 1280;
const MOST_HEIGHT = 1560; // the pictures stay below 200 KB
const folder = resolve(process.argv[2] ?? 'docs');
const pages = process.argv[3]?.split(',') ?? [''];
await mkdir(folder, { recursive: true });
const app = await serve();
const { browser, close } = await launch();
try {
  const page = await browser.newPage();
  await page.setViewport({ width: WIDTH, height: 800 });
  await signIn(page, app.url);
  for (const value of ['light', 'dark']) {
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value }]);
    for (const name of pages) {
      await page.goto(`${app.url}/dashboard${name}`);
      const tall = await page.evaluate(() => document.documentElement.scrollHeight);
      const clip = { x: 0, y: 0, width: WIDTH, height: Math.min(tall, MOST_HEIGHT) };
      const file = `dashboard${name.replace(/[^a-z0-9]+/gi, '-')}-${value}.png`;
      await page.screenshot({ path: join(folder, file), clip, captureBeyondViewport: true });
    }
  }
} finally {
  await close();
  await app.close();
}
