import dynamic from "next/dynamic";

/** User-written Markdown, sanitised. Its parser is loaded beside the page, not before it. */
export const Markdown = dynamic(() => import("./markdown-body").then((module) => module.MarkdownBody), {
  // With a boundary of its own: the page around it must not give way while its code comes.
  loading: () => null,
});
