import type { Command as Program } from 'commander';

/** The options of `RuleChoice` for commands that work with rules. */
export const ruleOptions = (command: Program): Program =>
  ruleFolders(command.option('--rules <glob>', 'only rules whose id fits, such as "aws.*"'));

/** The same without the choice among them. */
export const ruleFolders = (command: Program): Program =>
  command
    .option('--rules-dir <dir>', 'also load the rules in this folder')
    .option('--no-builtin', "leave out Tocsin's own rules");
