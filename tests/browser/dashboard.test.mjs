// The dashboard in headless Chromium: served behind a stage prefix, with scripts of pages switched off unless said.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { launch } from './browser.mjs';
import { press, signIn, tabTo, text } from './people.mjs';
import { serve } from './served.mjs';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const PAGES = [
  '', '/quarantine', '/quarantine?stage=anonymize', '/mails', '/mails?state=excluded', '/rules', '/rules/2', '/flags',
  '/mails?state=nowhere',
];
const LANGUAGES = ['en', 'fr'];
// Layout depends on the width, contrast on the scheme: two screens cover both.
const SCREENS = [{ width: 360, scheme: 'light' }, { width: 1280, scheme: 'dark' }];
const SERIOUS = ['serious', 'critical'];

let app;
let chromium;
let page;
let session;
let noted;

before(async () => {
  app = await serve();
  chromium = await launch();
  // One session for all tests but those of the sign-in itself, which is limited.
  const context = await chromium.browser.createBrowserContext();
  const first = await context.newPage();
  await signIn(first, app.url, 'Grace');
  session = await context.cookies();
  await context.close();
});

after(async () => {
  await chromium?.close();
  await app?.close();
});

beforeEach(async () => {
  const context = await chromium.browser.createBrowserContext();
  page = await context.newPage();
  await page.setJavaScriptEnabled(false);
  noted = [];
  page.on('console', (message) => noted.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => noted.push(`error: ${error}`));
  page.on('dialog', (dialog) => noted.push(`dialog: ${dialog.message()}`));
  page.on('requestfailed', (request) => noted.push(`failed: ${request.url()}`));
  page.on('request', (request) => {
    if (!request.url().startsWith(`${app.url}/dashboard`) && !request.url().startsWith('data:')) {
      noted.push(`elsewhere: ${request.url()}`);
    }
  });
});

afterEach(async () => {
  await page.browserContext().close();
  assert.deepEqual(noted, [], 'no request to another host, nothing on the console, no dialog');
});

const signedIn = () => page.browserContext().setCookie(...session);
const open = (name) => page.goto(`${app.url}/dashboard${name}`);
const inLanguage = (name, language) => `${name}${name.includes('?') ? '&' : '?'}lang=${language}`;

async function switched(name) {
  return page.$eval(`form[action*="/flags/${name}"] button`, (button) => button.getAttribute('aria-checked'));
}

test('an operator signs in by the keyboard alone', async () => {
  await open('');
  await tabTo(page, '#author');
  await page.keyboard.type('Ada');
  await tabTo(page, '#secret');
  await page.keyboard.type('admin-token');
  await press(page, 'Enter');
  assert.equal(page.url(), `${app.url}/dashboard`);
  assert.match(await text(page), /Signed in as Ada/);
});

test('a wrong token is refused', async () => {
  await open('/sign-in');
  await page.type('#author', 'Eve');
  await page.type('#secret', 'guess');
  const answered = page.waitForResponse((response) => response.request().method() === 'POST');
  await press(page, 'Enter');
  assert.equal((await answered).status(), 401);
  assert.match(await page.$eval('[role=alert]', (alert) => alert.textContent), /Sign-in refused/);
  noted = noted.filter((line) => !line.includes('401')); // Chromium logs a refused form on the console
});

test('the first Tab skips to the content', async () => {
  await signedIn();
  await open('');
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute('href')), '#content');
});

test('a flag is switched off and on by the keyboard alone', async () => {
  await signedIn();
  await open('');
  const name = 'gmail_ingress_enabled';
  for (const wanted of ['false', 'true']) {
    await tabTo(page, `form[action*="/flags/${name}"] button`);
    await press(page, 'Space');
    assert.equal(await switched(name), wanted);
  }
  assert.match(await text(page), /by Grace/);
});

test('a failed message is redriven by the keyboard alone, after a confirmation', async () => {
  await signedIn();
  await open('');
  await tabTo(page, 'nav a[href*="quarantine"]');
  await press(page, 'Enter');
  await tabTo(page, 'input[name=message]');
  const chosen = await page.evaluate(() => document.activeElement.value);
  await page.keyboard.press('Space');
  await tabTo(page, 'button[value=redrive]');
  await press(page, 'Enter');
  assert.match(await page.$eval('h1', (head) => head.textContent), /Redrive 1 message\?/);
  assert.ok((await text(page)).includes(chosen));
  await tabTo(page, 'button.main');
  await press(page, 'Enter');
  assert.match(await page.$eval('.done', (done) => done.textContent), /1 redriven/);
  assert.ok(!(await text(page)).includes(chosen));
});

test('a failed message is discarded for a reason', async () => {
  await signedIn();
  await open('');
  await open('/quarantine?stage=classify');
  await page.click('input[name=message]');
  await Promise.all([page.waitForNavigation(), page.click('button[value=discard]')]);
  await page.type('#reason', 'spam');
  await press(page, 'Enter');
  assert.match(await page.$eval('.done', (done) => done.textContent), /1 discarded/);
});

test('a reason that is no code is not even sent', async () => {
  await signedIn();
  await open('');
  await open('/quarantine');
  await page.click('input[name=message]');
  await Promise.all([page.waitForNavigation(), page.click('button[value=discard]')]);
  await page.type('#reason', 'Not a code');
  await page.keyboard.press('Enter');
  assert.equal(await page.$eval('#reason', (field) => field.validity.patternMismatch), true);
});

test('the rules are rolled back after a look at the difference', async () => {
  await signedIn();
  await open('');
  await open('/rules');
  await Promise.all([page.waitForNavigation(), page.click('a[href*="/rules/2#"]')]);
  assert.match(await page.$eval('#h-rollback ~ div', (shown) => shown.textContent), /no bulk mail added/);
  await Promise.all([page.waitForNavigation(), page.click('form[action*=rollback] button')]);
  assert.match(await page.$eval('.done', (done) => done.textContent), /version 4 is in force/);
});

test('recent mail leads to one mail with its time line', async () => {
  await signedIn();
  await open('');
  await open('/mails?state=stored');
  await Promise.all([page.waitForNavigation(), page.click('td a')]);
  assert.equal((await page.$$('.timeline li')).length, 6);
});

test('mail that attacks the page is text', async () => {
  await page.setJavaScriptEnabled(true);
  await signedIn();
  await open('');
  await open('/mails?state=stored');
  const [hostile] = await page.$$('xpath/.//a[contains(., "onerror")]');
  await Promise.all([page.waitForNavigation(), hostile.click()]);
  assert.match(await page.$eval('h1', (head) => head.textContent), /<img src=x onerror="alert\(1\)">/);
  assert.equal((await page.$$('main img, main script')).length, 0);
});

test('no script runs, even where scripts are allowed', async () => {
  await page.setJavaScriptEnabled(true);
  await signedIn();
  await open('');
  const ran = await page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'window.ran = true';
    document.body.append(script);
    return window.ran ?? false;
  });
  assert.equal(ran, false);
  assert.equal(noted.filter((line) => line.includes('Content Security Policy')).length, 1);
  noted = [];
});

test('the pages speak French where it is asked for, and go on in it', async () => {
  await signedIn();
  await open('');
  await open('?lang=fr');
  assert.equal(await page.$eval('html', (root) => root.lang), 'fr');
  await Promise.all([page.waitForNavigation(), page.click('nav a[href*="quarantine"]')]);
  assert.match(await text(page), /Messages en échec/);
});

test('after signing out the pages are closed', async () => {
  await signIn(page, app.url);
  await tabTo(page, 'form[action*="sign-out"] button');
  await press(page, 'Enter');
  assert.match(await text(page), /You are signed out/);
  await open('/mails');
  assert.match(page.url(), /sign-in$/);
});

test('light and dark are different, and both are legible', async () => {
  await signedIn();
  await open('');
  const grounds = [];
  for (const value of ['light', 'dark']) {
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value }]);
    grounds.push(await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
  }
  assert.notEqual(grounds[0], grounds[1]);
});

// Every page in both languages: the lists, one mail in each state, the confirmations.
async function everyPage(visit) {
  for (const language of LANGUAGES) {
    for (const name of PAGES) {
      await open(inLanguage(name, language));
      await visit(`${name || 'overview'}, ${language}`);
    }
    for (const state of ['stored', 'excluded', 'quarantined']) {
      await open(inLanguage(`/mails?state=${state}`, language));
      await Promise.all([page.waitForNavigation(), page.click('td a')]);
      await visit(`one mail ${state}, ${language}`);
    }
    for (const action of ['redrive', 'discard']) {
      await open(inLanguage('/quarantine', language));
      await page.click('input[name=message]');
      await Promise.all([page.waitForNavigation(), page.click(`button[value=${action}]`)]);
      await visit(`confirm ${action}, ${language}`);
    }
    assert.equal(await page.$eval('html', (root) => root.lang), language);
  }
  noted = noted.filter((line) => !line.includes('400')); // Chromium logs the error page on the console
}

for (const { width, scheme } of SCREENS) {
  test(`every page in both languages, ${width} px, ${scheme}: nothing to scroll sideways, axe finds nothing serious`, async () => {
    await page.setJavaScriptEnabled(true);
    await page.setViewport({ width, height: 740 });
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
    const axe = await readFile(AXE, 'utf8');
    const found = [];
    const check = async (name) => {
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      if (wide > width) found.push(`${name}: ${wide} px wide`);
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => window.axe.run({ resultTypes: ['violations'] }));
      for (const { id, impact, nodes } of violations) {
        if (SERIOUS.includes(impact)) found.push(`${name}: ${id}: ${nodes[0].html.slice(0, 200)}`);
      }
    };
    for (const language of LANGUAGES) {
      await open(inLanguage('/sign-in', language));
      await check(`sign-in, ${language}`);
    }
    await signedIn();
    await everyPage(check);
    assert.deepEqual(found, []);
  });
}
