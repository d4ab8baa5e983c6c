/** The parts of a long page, one touch away; it stays in view under the top bar. Only parts that the page always has. */
export function SectionNav({ sections }: { sections: readonly { id: string; label: string }[] }) {
  return (
    <nav aria-label="On this page" className="sticky top-12 z-20 mb-4 overflow-x-auto border-b bg-background">
      <ul className="flex gap-1 py-1">
        {sections.map(({ id, label }) => (
          <li key={id}>
            <a
              href={`#${id}`}
              data-inset-focus
              className="inline-flex h-7 items-center rounded-md px-2 text-sm whitespace-nowrap text-fg-muted hover:bg-surface-hover hover:text-fg"
            >
              {label}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
