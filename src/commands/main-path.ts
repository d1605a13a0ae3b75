import { fileURLToPath } from 'node:url'

/** The program itself, for processes that this one starts. */
export const MAIN_PATH = fileURLToPath(new URL('../main.ts', import.meta.url))
