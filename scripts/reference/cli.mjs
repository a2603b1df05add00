const width = 100;

/** The page on the command line: the help texts as they are printed. */
export function renderCli(commands, { overviewHelp, commandHelp }) {
  const block = (text) => `\`\`\`text\n${text.trimEnd()}\n\`\`\``;
  const sections = commands.map((command) => `## latchkey ${command.name}\n\n${block(commandHelp(command, width))}`);
  return ['# Command line', block(overviewHelp('', commands, width)), ...sections].join('\n\n');
}
