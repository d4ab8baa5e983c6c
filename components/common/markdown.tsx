import dynamic from "next/dynamic";

/** User-written Markdown, sanitised. Its parser is loaded beside the page, not before it. */
export const Markdown = dynamic(() => import("./markdown-body").then((module) => module.MarkdownBody));
