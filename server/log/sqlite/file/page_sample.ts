/**
 * The pages of the database that were written last, as they are in its file. A copy of the
 * database that is older lacks them, however little older it is.
 */

/** Pages in a sample. */
export const SAMPLE_SIZE = 16;

/** The bytes of some pages of one file. */
export class PageSample {
  readonly #file: Deno.FsFile;
  #next: readonly number[] = [1];
  #numbers: readonly number[] = [];
  #pages: readonly Uint8Array[] = [];

  /** Reads from `file`, which belongs to the caller. */
  constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  /** Has the next sample taken of the pages with these numbers, which count from 1; and of the first. */
  choose(numbers: readonly number[]): void {
    if (numbers.length > 0) this.#next = [1, ...numbers];
  }

  /** Takes a sample of the file as it is now. */
  take(pageSize: number): void {
    this.#numbers = this.#next;
    this.#pages = this.#numbers.map((number) => this.#read(number, pageSize));
  }

  /** Whether the file has these pages as they were at the last sample. */
  get isIntact(): boolean {
    return this.#pages.every((page, index) => {
      const now = this.#read(this.#numbers[index] as number, page.length);
      return page.every((byte, at) => byte === now[at]);
    });
  }

  #read(number: number, pageSize: number): Uint8Array {
    const page = new Uint8Array(pageSize);
    this.#file.seekSync((number - 1) * pageSize, Deno.SeekMode.Start);
    this.#file.readSync(page);
    return page;
  }
}
