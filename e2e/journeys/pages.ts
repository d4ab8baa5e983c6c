import type { Locator } from "@playwright/test";
import type { Page } from "../fixtures/test";

/** The badge beside a page's heading: the state of what the page is about. */
export const stateOf = (page: Page): Locator => page.locator("main header [data-status]").first();

/** A part of a page by its heading. */
export const part = (page: Page, title: string): Locator =>
  page.getByRole("region", { name: title, exact: true });
