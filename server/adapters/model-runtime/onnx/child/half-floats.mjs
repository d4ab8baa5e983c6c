// Imported before the runtime, whose binding knows half floats as 16-bit whole numbers only, but gives them in JavaScript's own type where there is one.
delete globalThis.Float16Array;
