//! Debuggers, files and folders that nobody should find.

use url::Url;

use crate::{
    exchange::{Ask, Purpose},
    known::{DEBUGGERS, FILES, FOLDERS},
    seen::page_of,
};

use super::Journey;

/// Most folders of what pages load.
const MAX_FOLDERS: usize = 6;

impl Journey<'_> {
    pub(super) fn exposure(&mut self) {
        for (index, debugger) in DEBUGGERS.iter().enumerate() {
            let url = self.below(debugger.path);
            self.ask(Ask::get(Purpose::Debugger(index), &url));
        }
        for (index, file) in FILES.iter().enumerate() {
            let url = self.below(file.path);
            self.ask(Ask::get(Purpose::File(index), &url));
        }
        let mut folders: Vec<Url> = FOLDERS.iter().map(|path| self.below(path)).collect();
        let pages = self.pages.iter().filter_map(|&at| page_of(&self.seen.exchanges[at]));
        let mut of_assets: Vec<Url> = Vec::new();
        for asset in pages.flat_map(|page| page.assets) {
            let Ok(mut folder) = asset.join(".") else { continue };
            folder.set_query(None);
            let is_new = !folders.contains(&folder) && !of_assets.contains(&folder);
            if is_new && self.client.may_ask(&folder) && folder.path() != "/" && of_assets.len() < MAX_FOLDERS
            {
                of_assets.push(folder);
            }
        }
        self.would(|| format!("{:9} up to {MAX_FOLDERS} folders of what the pages load", "GET"));
        folders.extend(of_assets);
        for url in folders {
            self.ask(Ask::get(Purpose::Folder, &url));
        }
    }
}
