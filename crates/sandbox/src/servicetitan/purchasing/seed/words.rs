//! The words that seeded vendors and items are made of.

pub(super) const VENDOR_NAMES: &[&str] = &[
    "Lone Star Pipe & Supply",
    "Hill Country HVAC Distributors",
    "Barton Creek Plumbing Wholesale",
    "Pecan Street Sheet Metal (closed)",
    "Travis County Electric Supply",
    "Blue Norther Refrigeration Parts",
    "Colorado River Valve Co.",
    "Mueller & Sons Boiler Works",
    "Gulf Coast Copper",
    "Balcones Tool Rental",
    "Capitol Filter & Duct",
    "Sabine Water Heaters",
    "O'Hara Fittings, Inc.",
    "Río Grande Bombas y Válvulas",
    "Two Rivers Hardware",
    "Panhandle Controls",
    "Bluebonnet Insulation",
    "Amarillo Motor Exchange",
    "Brazos Concrete Cutting LLC",
    "Live Oak Crane Service",
    "Nordström Heat Pumps",
    "Congress Avenue Office Supply",
    "Big Bend Backflow",
    "Pedernales Pump & Well",
];

/// City, state, ZIP.
pub(super) const CITIES: &[(&str, &str, &str)] = &[
    ("Austin", "TX", "78701"),
    ("Dallas", "TX", "75201"),
    ("Houston", "TX", "77002"),
    ("San Antonio", "TX", "78205"),
    ("Tulsa", "OK", "74103"),
    ("Shreveport", "LA", "71101"),
    ("Denver", "CO", "80202"),
    ("Phoenix", "AZ", "85004"),
];

/// An entry of the pricebook, before its size.
pub(super) struct Stock {
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    /// As people type it.
    pub(super) unit: Option<&'static str>,
    /// What one costs, about.
    pub(super) from_cents: i64,
    pub(super) cost_account: &'static str,
    pub(super) stocked: bool,
    /// Place in [`CATEGORIES`].
    pub(super) category: i64,
}

const fn stock(
    code: &'static str,
    name: &'static str,
    unit: Option<&'static str>,
    from_cents: i64,
    category: i64,
) -> Stock {
    Stock {
        code,
        name,
        unit,
        from_cents,
        cost_account: "COGS - Materials",
        stocked: true,
        category,
    }
}

pub(super) const MATERIALS: &[Stock] = &[
    stock("CU-PIPE-L", "Copper pipe type L", Some("Foot"), 412, 0),
    stock("PEX-A", "PEX-A tubing", Some("FT"), 61, 0),
    stock("PVC-40", "PVC pipe schedule 40", Some("Foot"), 133, 0),
    stock("ELB-90", "Elbow 90° copper", Some("Each"), 187, 0),
    stock("TEE", "Tee \"copper\"", Some("EA"), 249, 0),
    stock("VLV-BALL", "Ball valve brass", Some("Each"), 1_445, 0),
    stock("REF-410A", "Refrigerant R-410A", Some("lb"), 1_289, 1),
    stock("FILT-MERV8", "Air filter MERV 8", Some("Box"), 3_640, 1),
    stock("CAP-RUN", "Run capacitor", Some("Each"), 1_175, 1),
    stock("DUCT-FLEX", "Flex duct R-6", Some("Roll"), 5_210, 1),
    stock("WIRE-THHN", "THHN wire", Some("Roll"), 8_925, 2),
    stock("BRKR", "Circuit breaker", Some("each"), 1_633, 2),
    stock("SOLDER", "Lead-free solder", Some("Pound"), 2_218, 0),
    stock("TAPE-FOIL", "Foil tape", None, 799, 1),
    stock("SCREW-ZIP", "Zip screws", Some("Box of 100"), 615, 1),
    stock("HANGER", "Pipe hanger", Some("Pkg"), 342, 0),
    Stock {
        stocked: false,
        ..stock("PERMIT", "City permit", None, 9_500, 3)
    },
    Stock {
        cost_account: "Freight In",
        stocked: false,
        ..stock("FREIGHT", "Freight line", None, 4_500, 3)
    },
];

const fn machine(code: &'static str, name: &'static str, from_cents: i64, category: i64) -> Stock {
    Stock {
        cost_account: "COGS - Equipment",
        stocked: false,
        ..stock(code, name, Some("Each"), from_cents, category)
    }
}

pub(super) const EQUIPMENT: &[Stock] = &[
    machine("WH-GAS", "Gas water heater", 68_900, 4),
    machine("WH-HP", "Heat pump water heater", 154_000, 4),
    machine("COND", "Condenser 16 SEER2", 211_250, 5),
    machine("AHU", "Air handler", 138_800, 5),
    machine("FURN", "Gas furnace 96%", 119_475, 5),
    machine("TSTAT", "Thermostat", 14_225, 5),
    machine("MINI", "Mini split", 98_650, 5),
    machine("SUMP", "Sump pump", 21_730, 4),
    machine("SOFT", "Water softener", 74_300, 4),
    machine("GEN", "Standby generator", 389_900, 6),
];

const fn work(code: &'static str, name: &'static str, from_cents: i64) -> Stock {
    Stock {
        unit: None,
        stocked: false,
        ..stock(code, name, None, from_cents, 7)
    }
}

pub(super) const SERVICES: &[Stock] = &[
    work("DIAG", "Diagnostic visit", 8_900),
    work("TUNE", "System tune-up", 12_900),
    work("DRAIN", "Drain cleaning", 19_900),
    work("INST", "Installation labor", 45_000),
];

/// Part of a code and of a name.
pub(super) const SIZES: &[(&str, &str)] = &[
    ("050", "1/2\""),
    ("075", "3/4\""),
    ("100", "1\""),
    ("125", "1-1/4\""),
    ("200", "2\""),
    ("300", "3\""),
];

pub(super) const MAKERS: &[&str] = &["Northfield", "Calder", "Aerion", "Hydra-Tek"];

/// Name and `categoryType`.
pub(super) const CATEGORIES: &[(&str, &str)] = &[
    ("Pipe & Fittings", "Materials"),
    ("HVAC Parts", "Materials"),
    ("Electrical Parts", "Materials"),
    ("Job Costs", "Materials"),
    ("Water Equipment", "Materials"),
    ("HVAC Equipment", "Materials"),
    ("Electrical Equipment", "Materials"),
    ("Labor", "Services"),
];

/// An account.
pub(super) struct Account {
    pub(super) name: &'static str,
    pub(super) number: Option<&'static str>,
    pub(super) kind: &'static str,
    pub(super) subtype: Option<&'static str>,
    /// ServiceTitan's own postings use it as this.
    pub(super) part: Option<&'static str>,
    pub(super) active: bool,
}

const fn account(
    name: &'static str,
    number: &'static str,
    kind: &'static str,
    part: Option<&'static str>,
) -> Account {
    Account {
        name,
        number: Some(number),
        kind,
        subtype: None,
        part,
        active: true,
    }
}

pub(super) const GL_ACCOUNTS: &[Account] = &[
    account(
        "Accounts Payable",
        "2000",
        "Accounts Payable",
        Some("AccountsPayable"),
    ),
    account(
        "Inventory Asset",
        "1400",
        "Other Current Asset",
        Some("Inventory"),
    ),
    Account {
        subtype: Some("SuppliesMaterialsCogs"),
        ..account(
            "COGS - Materials",
            "5000",
            "Cost of Goods Sold",
            Some("CostOfGoodsSoldMaterials"),
        )
    },
    Account {
        subtype: Some("EquipmentRentalCos"),
        ..account(
            "COGS - Equipment",
            "5100",
            "Cost of Goods Sold",
            Some("CostOfGoodsSoldEquipment"),
        )
    },
    account(
        "Freight In",
        "5200",
        "Cost of Goods Sold",
        Some("CostOfGoodsSoldShipping"),
    ),
    account(
        "Purchase Tax",
        "5300",
        "Cost of Goods Sold",
        Some("CostOfGoodsSoldTax"),
    ),
    account("Sales - Materials", "4010", "Income", None),
    account("Sales - Service", "4020", "Income", Some("Revenue")),
    account(
        "Goods Received Not Invoiced",
        "2100",
        "Other Current Liability",
        Some("GoodsReceivedNotInvoiced"),
    ),
    Account {
        number: None,
        ..account("Shop Supplies", "", "Expense", None)
    },
    Account {
        active: false,
        ..account("COGS (old)", "5999", "Cost of Goods Sold", None)
    },
];
