// What a person does at the dashboard.
export const TOKEN = 'admin-token';
const MOST_TABS = 120;

export async function signIn(page, url, author = 'Ada') {
  await page.goto(`${url}/dashboard`);
  if (!page.url().includes('/sign-in')) return;
  await page.type('#author', author);
  await page.type('#secret', TOKEN);
  await press(page, 'Enter');
}

// A key that leads to another page.
export async function press(page, key) {
  await Promise.all([page.waitForNavigation(), page.keyboard.press(key)]);
}

// By the Tab key alone, until what has the focus matches.
export async function tabTo(page, selector) {
  for (let tabs = 0; tabs < MOST_TABS; tabs += 1) {
    await page.keyboard.press('Tab');
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector)) return;
  }
  throw new Error(`the Tab key does not lead to ${selector}`);
}

export function text(page) {
  return page.evaluate(() => document.body.innerText);
}
