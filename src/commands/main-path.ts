import { fileURLToPath } from 'node:url'

/** The main file of the program, which child processes run. */
export const MAIN_PATH = fileURLToPath(new URL('../main.ts', import.meta.url))
