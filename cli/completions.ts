/**
 * Completions for bash, zsh and fish, from the option tables that parse the
 * arguments.
 */

import type { Option, OptionTable } from "./options.ts";

/** A program as its user calls it. */
export interface Program {
  readonly name: string;
  /** The options without a command. */
  readonly options: OptionTable;
  /** Commands, given as the first argument. */
  readonly commands: Readonly<Record<string, ProgramCommand>>;
}

/** A command of a program. */
export interface ProgramCommand {
  readonly help: string;
  readonly options: OptionTable;
  /** The values that the command's operand may have. */
  readonly words: readonly string[];
}

/** The shells that completions can be made for. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

/** The completion script of `program` for `shell`, one of {@linkcode SHELLS}. */
export function shellCompletions(shell: string, program: Program): string {
  if (shell === "bash") return bash(program);
  return shell === "zsh" ? zsh(program) : fish(program);
}

/** The values that an option may have, if its table lists them. */
function choices({ placeholder = "" }: Option<unknown>): string[] {
  return placeholder.includes("|") ? placeholder.split("|") : [];
}

function takesFile({ placeholder }: Option<unknown>): boolean {
  return placeholder === "FILE";
}

function flags(options: OptionTable): string[] {
  return Object.keys(options).map((name) => `--${name}`);
}

function bash({ name, options, commands }: Program): string {
  const id = name.replaceAll("-", "_");
  const cases = Object.entries(commands).map(([command, { options, words }]) =>
    `    ${command}) words=${quote([...flags(options), ...words].join(" "))} ;;`
  );
  const valued = Object.entries(
    Object.assign({}, options, ...Object.values(commands).map((command) => command.options)),
  ) as [string, Option<unknown>][];
  const values = valued.filter(([, option]) => option.placeholder !== undefined).map((
    [option, rule],
  ) => {
    const reply = takesFile(rule)
      ? `_${id}_files "$current"`
      : `COMPREPLY=($(compgen -W ${quote(choices(rule).join(" "))} -- "$current"))`;
    return `    --${option}) ${reply}; return ;;`;
  });
  const first = [...Object.keys(commands), ...flags(options)].join(" ");
  return [
    `# bash completions for ${name}; in ~/.bashrc: source <(${name} completions bash)`,
    "# A file's name may have spaces in it; bash 3 can't quote them.",
    `_${id}_files() {`,
    "  type compopt > /dev/null 2>&1 && compopt -o filenames",
    "  local IFS=$'\\n'",
    '  COMPREPLY=($(compgen -f -- "$1"))',
    "}",
    `_${id}() {`,
    '  local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}" words',
    "  # Bash makes three words of --option=value.",
    '  [ "$current" = "=" ] && current="" previous="="',
    '  [ "$previous" = "=" ] && previous="${COMP_WORDS[COMP_CWORD-2]}"',
    '  case "$previous" in',
    ...values,
    "  esac",
    '  case "${COMP_WORDS[1]}" in',
    ...cases,
    `    *) words=${quote(flags(options).join(" "))} ;;`,
    "  esac",
    `  [ "$COMP_CWORD" -eq 1 ] && words=${quote(first)}`,
    '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
    "}",
    `complete -F _${id} ${name}`,
    "",
  ].join("\n");
}

function zsh({ name, options, commands }: Program): string {
  const id = name.replaceAll("-", "_");
  const described = Object.entries(commands).map(([command, { help }]) =>
    quote(`${command}:${help}`)
  );
  const cases = Object.entries(commands).map(([command, { options, words }]) => {
    const operands = words.length === 0 ? [] : [quote(`1:operand:(${words.join(" ")})`)];
    return `    ${command}) shift words; (( CURRENT-- )); _arguments ${
      [...zshOptions(options), ...operands].join(" ")
    } ;;`;
  });
  return [
    `#compdef ${name}`,
    `# zsh completions for ${name}; in ~/.zshrc below compinit: source <(${name} completions zsh)`,
    `_${id}() {`,
    "  local -a commands",
    `  commands=(${described.join(" ")})`,
    '  case "$words[2]" in',
    ...cases,
    "    *)",
    "      (( CURRENT == 2 && $#commands )) && _describe command commands",
    `      _arguments ${zshOptions(options).join(" ")} ;;`,
    "  esac",
    "}",
    "# In a directory of $fpath this file is the function; sourced, it says what it completes.",
    `if [[ "\${zsh_eval_context[-1]}" == loadautofunc ]]; then _${id} "$@"`,
    `else compdef _${id} ${name}; fi`,
    "",
  ].join("\n");
}

function zshOptions(options: OptionTable): string[] {
  return Object.entries(options).map(([name, option]) => {
    const help = option.help.replace(/[[\]:]/g, "\\$&");
    if (option.placeholder === undefined) return quote(`--${name}[${help}]`);
    const words = choices(option);
    const action = takesFile(option) ? "_files" : words.length > 0 ? `(${words.join(" ")})` : "";
    return quote(`--${name}=[${help}]:value:${action}`);
  });
}

function fish({ name, options, commands }: Program): string {
  const names = Object.keys(commands);
  const none = names.length === 0 ? "" : ` -n ${quote(`not ${fishCommandIn(names)}`)}`;
  const first = ` -n ${quote("test (count (commandline -opc)) -eq 1")}`;
  const lines = fishOptions(options, `complete -c ${name}${none}`);
  for (const [command, { help, options, words }] of Object.entries(commands)) {
    const inside = `complete -c ${name} -n ${quote(fishCommandIn([command]))}`;
    lines.push(`complete -c ${name}${first} -a ${command} -d ${quote(help)}`);
    lines.push(...fishOptions(options, inside));
    if (words.length > 0) lines.push(`${inside} -a ${quote(words.join(" "))}`);
  }
  const head = `# fish completions for ${name}; ${name} completions fish | source`;
  return [head, `complete -c ${name} -f`, ...lines, ""].join("\n");
}

/** A condition that the first argument is one of `names`; fish's own test also finds a word in a value. */
function fishCommandIn(names: readonly string[]): string {
  return `string match -qr '^(${names.join("|")})$' -- (commandline -opc)[2]`;
}

function fishOptions(options: OptionTable, start: string): string[] {
  return Object.entries(options).map(([name, option]) => {
    const described = `${start} -l ${name} -d ${quote(option.help)}`;
    if (option.placeholder === undefined) return described;
    if (takesFile(option)) return `${described} -r -F`;
    const words = choices(option);
    return words.length > 0 ? `${described} -x -a ${quote(words.join(" "))}` : `${described} -x`;
  });
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
