/**
 * A bitmap font, drawn for this project, so that labels in pictures need no fonts of the system and look the same everywhere.
 * Printable ASCII: capitals 5×7, descenders in two rows below. Characters keep only the columns they use, except digits, which all
 * take five so that changing numbers do not move.
 */

export const GLYPH_HEIGHT = 9;
/** Rows from the top to the baseline. */
export const BASELINE = 7;

/** Six bands of sixteen characters from space to ~, nine rows each, six columns a character. */
const SHEET = `
        #    # #   # #    #   ##     ##     #      #   #
        #    # #   # #   #### ##  # #  #    #     #     #     #     #                         #
        #         ##### # #      #  # #          #       #  # # #   #                        #
        #          # #   ###    #    #           #       #   ###  #####       #####         #
        #         #####   # #  #    # # #        #       #  # # #   #                      #
                   # #  ####  #  ## #  #          #     #     #     #     #               #
        #          # #    #      ##  ## #          #   #                  #           #
                                                                         #

 ###    #    ###  #####    #  #####   ##  #####  ###   ###                 #         #     ###
#   #  ##   #   #    #    ##  #      #        # #   # #   #               #           #   #   #
#   #   #       #   #    # #  ####  #        #  #   # #   #   #     #    #    #####    #      #
#   #   #      #     #  #  #      # ####    #    ###   ####             #               #    #
#   #   #     #       # #####     # #   #  #    #   #     #              #    #####    #    #
#   #   #    #    #   #    #  #   # #   #  #    #   #    #    #     #     #           #
 ###   ###  #####  ###     #   ###   ###   #     ###   ##           #      #         #      #
                                                                   #

 ###   ###  ####   ###  ####  ##### #####  ###  #   #  ###    ### #   # #     #   # #   #  ###
#   # #   # #   # #   # #   # #     #     #   # #   #   #      #  #  #  #     ## ## ##  # #   #
# ### #   # #   # #     #   # #     #     #     #   #   #      #  # #   #     # # # ##  # #   #
# # # ##### ####  #     #   # ####  ####  # ### #####   #      #  ##    #     # # # # # # #   #
# ### #   # #   # #     #   # #     #     #   # #   #   #      #  # #   #     #   # #  ## #   #
#     #   # #   # #   # #   # #     #     #   # #   #   #   #  #  #  #  #     #   # #  ## #   #
 #### #   # ####   ###  ####  ##### #      #### #   #  ###   ##   #   # ##### #   # #   #  ###


####   ###  ####   #### ##### #   # #   # #   # #   # #   # #####  ###         ###    #
#   # #   # #   # #       #   #   # #   # #   # #   # #   #     #  #    #        #   # #
#   # #   # #   # #       #   #   # #   # #   #  # #   # #     #   #     #       #  #   #
####  #   # ####   ###    #   #   # #   # # # #   #     #     #    #      #      #
#     # # # # #       #   #   #   # #   # # # #  # #    #    #     #       #     #
#     #  #  #  #      #   #   #   #  # #  # # # #   #   #   #      #        #    #
#      ## # #   # ####    #    ###    #    # #  #   #   #   #####  ###         ###
                                                                                          #####

 #          #               #         ##        #       #      #  #       #
  #         #               #        #          #                 #       #
       ###  ####   ###   ####  ###  ####   #### # ##    #      #  #  #    #   ## #  # ##   ###
          # #   # #     #   # #   #  #    #   # ##  #   #      #  # #     #   # # # ##  # #   #
       #### #   # #     #   # #####  #    #   # #   #   #      #  ##      #   # # # #   # #   #
      #   # #   # #   # #   # #      #    #   # #   #   #      #  # #     #   # # # #   # #   #
       #### ####   ###   ####  ###   #     #### #   #   #      #  #  #     #  # # # #   #  ###
                                              #                #
                                           ###               ##
                         #                                           #    #    #
                         #                                          #     #     #
####   #### # ##   #### ####  #   # #   # #   # #   # #   # #####   #     #     #
#   # #   # ##    #      #    #   # #   # #   #  # #  #   #    #   #      #      #   #
#   # #   # #      ###   #    #   # #   # # # #   #   #   #   #     #     #     #   # # #
#   # #   # #         #  #    #  ##  # #  # # #  # #  #   #  #      #     #     #      #
####   #### #     ####    ##   ## #   #    # #  #   #  #### #####    #    #    #
#         #                                               #
#         #                                            ###
`;

export interface Glyph {
  readonly width: number;
  /** {@link GLYPH_HEIGHT} rows; bit x is column x from the left. */
  readonly rows: readonly number[];
}

const SPACE_WIDTH = 3;
const FIRST = 32;
const SUBSTITUTES: Readonly<Record<string, string>> = { '×': 'x', '−': '-', '–': '-', '—': '-', '·': '.', '…': '...', '’': "'", '‘': "'", '“': '"', '”': '"' };
/** What a character outside the font becomes: an empty box. */
const BOX: Glyph = { width: 5, rows: [31, 17, 17, 17, 17, 17, 31, 0, 0] };

let glyphs: readonly Glyph[] | undefined;

function readSheet(): Glyph[] {
  const lines = SHEET.split('\n').slice(1);
  return Array.from({ length: 95 }, (_, i) => {
    const top = Math.floor(i / 16) * GLYPH_HEIGHT;
    const left = (i % 16) * 6;
    const rows = Array.from({ length: GLYPH_HEIGHT }, (_, y) => {
      let bits = 0;
      for (let x = 0; x < 5; x++) if (lines[top + y]?.[left + x] === '#') bits |= 1 << x;
      return bits;
    });
    const used = rows.reduce((all, bits) => all | bits, 0);
    const char = String.fromCharCode(FIRST + i);
    if (used === 0) return { width: SPACE_WIDTH, rows };
    if (char >= '0' && char <= '9') return { width: 5, rows };
    const shift = 31 - Math.clz32(used & -used);
    return { width: 32 - Math.clz32(used >>> shift), rows: rows.map((bits) => bits >>> shift) };
  });
}

/** The glyphs of a text: accents are dropped, a few signs replaced by ASCII ones, everything else outside the font is a box. */
export function glyphsOf(text: string): Glyph[] {
  glyphs ??= readSheet();
  const table = glyphs;
  const plain = [...text].map((c) => SUBSTITUTES[c] ?? c).join('').normalize('NFKD').replace(/\p{Mark}/gu, '');
  return Array.from(plain, (c) => table[c.codePointAt(0)! - FIRST] ?? BOX);
}
