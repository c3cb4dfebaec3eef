use datafusion::common::config::{ConfigExtension, ConfigOptions};
use datafusion::common::extensions_options;

extensions_options! {
    /// Session settings, `SET tamis.… = …`.
    pub struct TamisOptions {
        /// Whether joins on watchlist_weight go through the index; false weighs every pair.
        pub watchlist_join: bool, default = true
        /// How many hits a nested row keeps, heaviest first.
        pub watchlist_top_k: usize, default = 50
    }
}

impl ConfigExtension for TamisOptions {
    const PREFIX: &'static str = "tamis";
}

impl TamisOptions {
    /// The settings of a session; the defaults where the extension was not installed.
    pub fn of(options: &ConfigOptions) -> Self {
        options.extensions.get::<Self>().cloned().unwrap_or_default()
    }
}
